import type { Envelope } from '../../../src/lib/instrument/measure/envelope.js'
import { isMeasured, type ResultKind } from '../../../src/lib/benchmarks/kind.js'
import { expect } from 'chai'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { benchmarkFace, benchmarkKind } from '../../../src/lib/app/catalog.js'
import { readResult } from '../../../src/lib/benchmarks/settle-runs.js'
import { plainStyle } from '../../../src/lib/report/style.js'

const FIXTURES = join(import.meta.dirname, '../../fixtures/results')

/** Results that version 0.1.0 wrote, one of each kind and form. */
const OLD = [
  ['inference', 'inference-1.json', 'vLLM', '0.32.0'],
  ['inference', 'inference-structured-1.json', 'vLLM', '0.32.0'],
  ['inference', 'inference-search-1.json', 'vLLM', '0.32.0'],
  ['vectors', 'vectors-1.json', 'Chroma', '1.5.9'],
] as const

describe('results of 0.1.0', () => {
  let dir: string
  beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'aibench-old-'))))
  afterEach(() => rm(dir, { recursive: true }))

  const read = async (name: string) => {
    const kind = await benchmarkKind(name)
    return readResult({ dir }, kind!)
  }

  for (const [name, file, product, version] of OLD) {
    it(`are read as today's: ${file}`, async () => {
      await cp(join(FIXTURES, file), join(dir, 'result.json'))
      const result = await read(name)
      expect(result).to.deep.include({ kind: name, product: { name: product, version } })
      expect(result!.path).to.equal('loopback')
      expect(result!.schema).to.match(/\/2$/)
      expect(result!.simulated).to.equal(name === 'inference')
      expect(result!.errors).to.deep.equal([])
    })

    it(`are shown and judged: ${file}`, async () => {
      await cp(join(FIXTURES, file), join(dir, 'result.json'))
      const result = (await read(name))!
      const [kind, face] = [(await benchmarkKind(name))!, (await benchmarkFace(name))!]
      const text = face.view(result, plainStyle, { service: 'any', verdict: 'ok' })
      expect(text).to.include(`${product} ${version}`)
      expect(text).to.not.match(/undefined|NaN|\[object/)
      expect(errorRateOf(kind, result)).to.equal(0)
      for (const format of Object.values(face.formats))
        expect(format.text(result)).to.not.match(/undefined|NaN/)
    })
  }

  const changed = async (file: string, change: (result: never) => object) => {
    const old = JSON.parse(await readFile(join(FIXTURES, file), 'utf8')) as never
    await writeFile(join(dir, 'result.json'), JSON.stringify(change(old)))
  }

  it('have the errors of a vector database as a list, and the share of all requests', async () => {
    await changed('vectors-1.json', (old: object) => ({
      ...old,
      errors: { total: 7, share: 0.002, byClass: { reset: 2, http_429: 5 } },
    }))
    const result = (await read('vectors'))!
    expect(result.errors).to.deep.equal([
      { class: 'http_429', count: 5, example: null },
      { class: 'reset', count: 2, example: null },
    ])
    const rate = errorRateOf((await benchmarkKind('vectors'))!, result)
    expect(rate).to.be.closeTo(7 / (2 + 1_809 + 1_775), 0.001)
  })

  for (const [word, today] of [
    ['server', 'ok'],
    ['client', 'client-bound'],
    ['fine', 'ok'],
  ])
    it(`have today's word for what the client was: ${word}`, async () => {
      await changed('vectors-1.json', (old: { instrument: object }) => ({
        ...old,
        instrument: { ...old.instrument, verdict: word },
      }))
      expect((await read('vectors'))!.instrument.verdict).to.equal(today)
    })

  it('may be older than the ways to a server and than warnings', async () => {
    await changed(
      'vectors-1.json',
      ({ path: _, warnings: __, ...old }: Record<string, unknown>) => old,
    )
    expect(await read('vectors')).to.deep.include({ path: null, warnings: [] })
  })

  for (const schema of ['aibench/vector-result/3', 'aibench/inference-result/1', undefined])
    it(`are none of this kind: ${schema}`, async () => {
      await changed('vectors-1.json', (old: object) => ({ ...old, schema }))
      expect(await read('vectors')).to.equal(null)
    })
})

function errorRateOf(kind: ResultKind, result: Envelope): number {
  if (!isMeasured(kind)) throw new Error(`${kind.kind} is measured by no command`)
  return kind.judged({ errorRateLimit: 0.01 }, result, 'again').errors.rate
}
