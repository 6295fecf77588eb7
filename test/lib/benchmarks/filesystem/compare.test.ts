import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { benchmarkKind } from '../../../../src/lib/app/catalog.js'
import {
  compareResults,
  type Comparison,
} from '../../../../src/lib/benchmarks/filesystem/compare.js'
import {
  compareLine,
  compareView,
} from '../../../../src/lib/benchmarks/filesystem/face/compare-view.js'
import type { ListName } from '../../../../src/lib/instrument/filesystem/corpus/contract.js'
import { plainStyle } from '../../../../src/lib/report/style.js'
import { NotFoundError, UsageError } from '../../../../src/lib/platform/errors.js'
import { contextWith, type FakeContext } from '../../../support/context.js'
import { filesystemResult, phase, repeat } from '../../../support/filesystem-result.js'

const SAMPLES = 'test/fixtures/io500'
const MELUXINA = `${SAMPLES}/real-submissions/meluxina-isc21-512nodes`

const linesOf = (comparison: Comparison, columns = 80) =>
  compareView(comparison, { ...plainStyle, columns }).split('\n')

describe('results side by side', () => {
  let context: FakeContext
  beforeEach(async () => {
    context = await contextWith()
  })
  afterEach(() => context[Symbol.asyncDispose]())

  const compare = (named: readonly string[], list: ListName = 'lustre') =>
    compareResults(context, benchmarkKind, { named, list })

  it('hold each figure against the first and against the list', async () => {
    const found = await compare([MELUXINA, `${SAMPLES}/valid-300s`])
    expect(found.subjects.map(({ label, nodes, tasks, valid }) => [label, nodes, tasks, valid])) //
      .to.deep.equal([
        ['A', 512, 12_288, true],
        ['B', 1, 2, true],
      ])
    const [score] = found.rows
    expect(score.cells[0]!.value).to.be.closeTo(194.1189, 0.001)
    expect(score.cells[1]!.ratio).to.be.closeTo(1.841 / 194.12, 0.001)
    expect(score.cells[0]!.percentile).to.be.within(50, 70)
    expect(score.reference).to.be.closeTo(194.1189, 0.001)
    for (const { name, cells, reference } of found.rows)
      if (reference !== null) expect(cells[0]!.value / reference, name).to.be.closeTo(1, 1e-4)
    expect(found.differences).to.include('different numbers of nodes: 512, 1')
  })

  it('say which are invalid or not complete, and why', async () => {
    const found = await compare([
      `${SAMPLES}/valid-300s`,
      `${SAMPLES}/validity-gap-stonewall31`,
      `${SAMPLES}/killed-sigterm`,
    ])
    expect(found.subjects.map(({ valid, isComplete }) => [valid, isComplete])).to.deep.equal([
      [true, true],
      [false, true],
      [false, false],
    ])
    const text = linesOf(found).join('\n')
    expect(text).to.match(/B is invalid: stonewall-time was 31 s/)
    expect(text).to.match(/C is not complete: /)
    expect(text).to.include('! They have different stonewalls: 300 s, 31 s')
  })

  it('show of a run its repeats: the median, and how far they lie apart', async () => {
    const score = (total: number) => ({ total, bandwidthGiBPerSecond: 40, metadataKiops: 400 })
    const at = (number: number, total: number) =>
      repeat({ number, score: score(total), phases: [phase({ value: total })] })
    const dir = await mkdtemp(join(tmpdir(), 'aibench-compare-'))
    after(() => rm(dir, { recursive: true }))
    const result = filesystemResult([at(1, 130), at(2, 110), at(3, 120)])
    await writeFile(join(dir, 'result.json'), JSON.stringify(result))
    await context.state.update((draft) => {
      draft.runs.k3f9 = {
        ...{ id: 'k3f9', service: 'lustre', instance: null, job: null, target: '/scratch', dir },
        ...{ startedAt: result.startedAt, endedAt: result.endedAt, verdict: 'ok', summary: null },
      }
    })
    const found = await compare(['k3f9'])
    expect(found.subjects[0]).to.deep.include({ repeats: 3, program: 'io500', nodes: 10 })
    expect(found.rows[0].cells[0]).to.deep.include({ value: 120, min: 110, max: 130 })
    expect(linesOf(found).join('\n')).to.match(/score +120 +110–130 +\d+ %/)
  })

  it('are those of IOR and mdtest too, which have no list', async () => {
    const found = await compare([
      `${SAMPLES}/ior-standalone/plain.stdout`,
      `${SAMPLES}/ior-standalone/json.stdout`,
      `${SAMPLES}/mdtest-standalone/plain.stdout`,
    ])
    expect(found.place).to.equal(null)
    expect(found.reference).to.equal(null)
    const write = found.rows.find(({ name }) => name === 'write')!
    expect(write.cells.map((cell) => cell !== null)).to.deep.equal([true, true, false])
    expect(write.cells[1]!.percentile).to.equal(null)
    expect(linesOf(found).join('\n')).not.to.include('place')
  })

  it('fit the width of the terminal, and say what did not', async () => {
    const named = Array.from({ length: 12 }, () => `${SAMPLES}/valid-300s`)
    const found = await compare(named)
    for (const columns of [60, 80, 120, 200]) {
      const lines = linesOf(found, columns)
      for (const line of lines) expect(line.length, line).to.be.at.most(columns)
      const isNarrow = columns < 100
      expect(lines.join('\n').includes('no room for'), `${columns}`).to.equal(isNarrow)
    }
    expect(linesOf(found, 80).join('\n')).to.match(/no room for [D-L] to L: in a wider window/)
  })

  it('are one line each for scripts', async () => {
    const line = compareLine(await compare([`${SAMPLES}/valid-300s`], '10-node'))
    expect(line).to.match(/^A=.*valid-300s score=1\.84\d+ percentile=[\d.]+ valid=true$/)
  })

  it('are refused where there is none', async () => {
    for (const [name, type] of [
      ['nothing', NotFoundError],
      ['no/such/path', UsageError],
      ['package.json', UsageError],
    ] as const) {
      const error = await compare([name]).catch((caught: unknown) => caught)
      expect(error, name).to.be.instanceOf(type)
    }
  })
})
