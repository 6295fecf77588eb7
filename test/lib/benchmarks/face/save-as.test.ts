import { expect } from 'chai'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { copiesFrom, withCopies } from '../../../../src/lib/benchmarks/face/save-as.js'
import { inferenceFace } from '../../../../src/lib/benchmarks/inference/face/face.js'
import { ThresholdError, UnreachableError } from '../../../../src/lib/platform/errors.js'
import { inferenceResult } from '../../../support/inference-result.js'
import { rejection, temporaryFolder } from '../../../support/surroundings.js'

describe('--save-as', () => {
  it('writes each form, also of a run that is no success', async () => {
    await using folder = await temporaryFolder()
    const [vllm, csv] = [join(folder.path, 'a:b.json'), join(folder.path, 'run.csv')]
    const copies = await copiesFrom([`vllm:${vllm}`, `csv:${csv}`], inferenceFace)
    const missed = new ThresholdError('missed', { data: inferenceResult() })
    expect(await rejection(withCopies(Promise.reject(missed), copies))).to.equal(missed)
    expect(JSON.parse(await readFile(vllm, 'utf8'))).to.include({ completed: 998 })
    expect(await readFile(csv, 'utf8')).to.match(/^run,started_at,.*\nc19d,2026/)
  })

  it('writes nothing when nothing was measured', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'run.csv')
    const lost = new UnreachableError('gone', { data: { model: 'x' } })
    const copies = await copiesFrom([`csv:${path}`], inferenceFace)
    await rejection(withCopies(Promise.reject(lost), copies))
    expect(await rejection(stat(path))).to.have.property('code', 'ENOENT')
  })

  for (const [text, message] of [
    ['run.json', /must be vllm:FILE or csv:FILE, not "run\.json"/],
    ['html:run.html', /must be vllm:FILE or csv:FILE/],
    ['constructor:run', /must be vllm:FILE or csv:FILE/],
    ['csv:', /must be vllm:FILE or csv:FILE/],
    ['csv:/nowhere/at/all/run.csv', /no such directory: \/nowhere\/at\/all/],
  ] as const)
    it(`refuses ${text} before the run`, async () => {
      expect((await rejection(copiesFrom([text], inferenceFace))).message).to.match(message)
    })
})
