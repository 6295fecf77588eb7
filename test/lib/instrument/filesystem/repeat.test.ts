import { expect } from 'chai'
import { publicList } from '../../../../src/lib/instrument/filesystem/corpus/lists.js'
import type {
  IorReport,
  MdtestReport,
} from '../../../../src/lib/instrument/filesystem/read/contract.js'
import { repeatOf } from '../../../../src/lib/instrument/filesystem/repeat.js'
import { readResultTxt } from '../../../../src/lib/instrument/filesystem/read/result-txt.js'

const facts = {
  number: 1,
  resultDir: 'results/1',
  exitCode: 0,
  durationMs: 1_000,
  known: {},
}

const ior = (change: Partial<IorReport>): IorReport =>
  ({ isComplete: true, warnings: [], command: null, ...change }) as IorReport

const measure = (access: string, bandwidthMiBPerSecond: number | null) => ({
  access,
  bandwidthMiBPerSecond,
  totalSeconds: 2,
})

describe('what a run left, as its result says it', () => {
  it('places the phases of IO500 in the public list', async () => {
    const [run] = readResultTxt(
      '[run]\nprocs = 160\nversion = io500-isc26\n\n[ior-easy-write]\nt_start = 2026-11-23 14:27:02\nscore = 5000\nt_delta = 310.0\n',
      'result.txt',
    )
    const list = await publicList('lustre')
    const repeat = repeatOf(facts, [{ kind: 'io500', source: 'result.txt', run }], list)
    const [first] = repeat.phases
    expect(first).to.include({ name: 'ior-easy-write', value: 5000, percentile: 100 })
    expect(repeat).to.include({ valid: false, isComplete: false })
  })

  it('has a row for each access of IOR, the mean of its iterations in GiB/s', () => {
    const report = ior({
      results: [measure('write', 1024), measure('write', 3072), measure('read', 4096)] as never,
    })
    const { phases, valid } = repeatOf(facts, [{ kind: 'ior', source: 'stdout', report }], null)
    expect(phases.map(({ name, value, unit }) => [name, value, unit])).to.deep.equal([
      ['write', 2, 'GiB/s'],
      ['read', 4, 'GiB/s'],
    ])
    expect(valid).to.equal(true)
  })

  it('has a row for each operation of mdtest that was done', () => {
    const rate = (operation: string, meanPerSecond: number) => ({ operation, meanPerSecond })
    const report = {
      isComplete: true,
      rates: [rate('File creation', 12_500), rate('File read', 0)],
    } as MdtestReport
    const { phases } = repeatOf(facts, [{ kind: 'mdtest', source: 'stdout', report }], null)
    expect(phases).to.have.lengthOf(1)
    expect(phases[0]).to.include({ name: 'File creation', value: 12.5, unit: 'kIOPS' })
  })

  it('is not valid when it did not end, ended badly, or left nothing', () => {
    const report = (isComplete: boolean) =>
      ior({ isComplete, results: [measure('write', 1024)] as never })
    const of = (isComplete: boolean, exitCode: number | null) =>
      repeatOf(
        { ...facts, exitCode },
        [{ kind: 'ior', source: 's', report: report(isComplete) }],
        null,
      )
    expect(of(true, 0).valid).to.equal(true)
    expect(of(true, 1).valid).to.equal(false)
    expect(of(true, null).valid).to.equal(false)
    expect(of(false, 0)).to.deep.include({ valid: false, isComplete: false })
    const end = { cause: 'time-limit' as const, text: 'The time limit of 2 h was reached.' }
    const nothing = repeatOf({ ...facts, exitCode: null, known: { end } }, [], null)
    expect(nothing).to.include({ valid: false, isComplete: false })
    expect(nothing.problems[0].text).to.equal(end.text)
  })
})
