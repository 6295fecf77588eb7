import { expect } from 'chai'
import type { Known } from '../../../../../src/lib/instrument/filesystem/judge/contract.js'
import { scoreHashes } from '../../../../../src/lib/instrument/filesystem/judge/hash.js'
import { judge } from '../../../../../src/lib/instrument/filesystem/judge/judge.js'
import { scoreOf } from '../../../../../src/lib/instrument/filesystem/judge/score.js'
import { SCORED_PHASES } from '../../../../../src/lib/instrument/filesystem/phases.js'
import type {
  Io500Run,
  Message,
  PhaseRecord,
} from '../../../../../src/lib/instrument/filesystem/read/contract.js'
import { newRun } from '../../../../../src/lib/instrument/filesystem/read/run.js'

type Change = Partial<Omit<PhaseRecord, 'name'>>

/** A valid one on ten nodes, and what is changed of it before its score and hash are made. */
function runWith(
  phases: Record<string, Change> = {},
  change: Partial<Io500Run> = {},
  options: Record<string, Record<string, string>> = {},
): Io500Run {
  const records = SCORED_PHASES.map(({ name, unit, hasMinimum }): PhaseRecord => ({
    name,
    unit,
    value: 2,
    seconds: hasMinimum ? 305 : 20,
    startedAt: null,
    endedAt: null,
    isMarkedInvalid: false,
    exe: null,
    values: {},
    ...phases[name],
  }))
  const figures = scoreOf(records, 'standard')!
  const run: Io500Run = {
    ...newRun('result.txt'),
    version: 'io500-test',
    mode: 'standard',
    procs: 160,
    nodes: 10,
    truncated: false,
    phases: records,
    config: new Map(
      Object.entries({ debug: { 'stonewall-time': '300' }, ...options }).map(
        ([section, values]) => [section, new Map(Object.entries(values))],
      ),
    ),
    score: { ...figures, isMarkedInvalid: false, hash: null },
    ...change,
  }
  if (run.score && run.score.hash === null) {
    const toHash = {
      ...run.score,
      version: run.version ?? '',
      phases: records.flatMap(({ name, value }) => (value === null ? [] : [{ name, value }])),
    }
    run.score.hash = scoreHashes(toHash).today
  }
  return run
}

const message = (
  text: string,
  phase: string | null = null,
  level: Message['level'] = 'invalid',
): Message => ({
  ...{ level, phase, text, file: 'result.txt', line: 8 },
})
const codes = (run: Io500Run, known: Known = {}) =>
  judge(run, known).problems.map(({ code }) => code)
const the = (code: string, run: Io500Run, known: Known = {}) =>
  judge(run, known).problems.find((problem) => problem.code === code)!

describe('the rules of IO500', () => {
  it('have nothing to say of a run that keeps them', () => {
    const judgement = judge(runWith())
    expect(judgement.problems).to.deep.equal([])
    expect(judgement).to.include({ valid: true, isComplete: true })
    expect(judgement.score!.ok).to.equal(true)
    expect(judgement.hash.ok).to.equal(true)
  })

  it('count an error that IO500 printed and forgot', () => {
    const run = runWith({}, { messages: [message('stonewall-time 301s != 300s')] })
    expect(judge(run).valid).to.equal(false)
    expect(the('stonewall-time', run).text).to.include('301 s').and.include('without [INVALID]')
    expect(codes(runWith({}, { messages: [message('something new')] }))).to.deep.equal([
      'io500-says',
    ])
  })

  it('ask for a stonewall of 300 s, or of 30 s of students', () => {
    expect(codes(runWith({}, {}, { debug: { 'stonewall-time': '299' } }))).to.include(
      'stonewall-time',
    )
    const students = {
      global: { scc: 'TRUE', 'drop-caches': 'TRUE' },
      debug: { 'stonewall-time': '30' },
    }
    const short = Object.fromEntries(
      SCORED_PHASES.filter(({ hasMinimum }) => hasMinimum).map(({ name }) => [
        name,
        { seconds: 31 },
      ]),
    )
    expect(codes(runWith(short, { nodes: 1 }, students))).to.deep.equal([])
    expect(codes(runWith(short))).to.include('wall-not-reached')
    expect(
      codes(runWith(short, { nodes: 1 }, { ...students, global: { scc: 'TRUE' } })),
    ).to.include('drop-caches')
  })

  it('say how much more there must be to write', () => {
    const text = 'Write phase needed 150.5s instead of stonewall 300s. Stonewall was hit at 149.0s'
    const easy = runWith(
      { 'ior-easy-write': { seconds: 151, exe: './ior -t 2m -b 1000m -F -w -D 300' } },
      { messages: [message(text, 'ior-easy-write')] },
    )
    expect(the('wall-not-reached', easy)).to.include({
      phase: 'ior-easy-write',
      severity: 'invalid',
    })
    expect(the('wall-not-reached', easy).fix).to.include('from 1000m to at least 4000m')
    const hard = runWith({ 'mdtest-hard-write': { seconds: 100, exe: './mdtest -n 1000 -t' } })
    expect(the('wall-not-reached', hard).fix).to.include(
      'Raise n in [mdtest-hard] from 1000 to at least 6000',
    )
  })

  it('take no score for whole that leaves a phase out', () => {
    expect(codes(runWith({ find: { value: 0 } }))).to.deep.equal(['zero-score'])
    expect(codes(runWith({ find: { value: null } }))).to.deep.equal(['missing-phase'])
    const off = runWith({ find: { value: null } }, {}, { find: { run: 'false' } })
    expect(codes(off)).to.deep.equal(['phase-off'])
    expect(judge(off)).to.include({ valid: false, isComplete: false })
  })

  const rows: readonly [string, Message[], Record<string, Record<string, string>>][] = [
    ['dry-run', [message('DRY RUN MODE ACTIVATED')], {}],
    ['pause-dir', [], { debug: { 'stonewall-time': '300', 'pause-dir': '/tmp/p' } }],
    ['files-per-dir', [], { 'mdtest-hard': { 'files-per-dir': '10' } }],
    ['find-failed', [message('PFind returned with an error, this is invalid.', 'find')], {}],
    ['phase-errors', [message('Errors (3) occured during phase in IOR.', 'ior-easy-read')], {}],
  ]
  for (const [code, messages, options] of rows)
    it(`tell of ${code}`, () => {
      const judgement = judge(runWith({}, { messages }, options))
      expect(judgement.problems.map((problem) => problem.code)).to.deep.equal([code])
      expect(judgement.valid).to.equal(false)
    })

  it('believe a mark whose reason is lost', () => {
    expect(codes(runWith({ find: { isMarkedInvalid: true } }))).to.deep.equal(['marked-invalid'])
    const run = runWith()
    run.score = { ...run.score!, isMarkedInvalid: true, hash: null }
    expect(codes(run)).to.deep.equal(['marked-invalid'])
  })

  it('do not take a phase that is no part of the score for a fault of the run', () => {
    const extra: PhaseRecord = {
      ...runWith().phases[0],
      name: 'ior-rnd4K-easy-read',
      isMarkedInvalid: true,
    }
    const run = runWith()
    run.phases.push(extra)
    expect(judge(run).valid).to.equal(true)
    expect(the('marked-invalid', run).severity).to.equal('doubt')
  })
})

describe('files that were changed', () => {
  it('show by the hash, which the marks are in too', () => {
    const value = runWith()
    value.phases[0].value = 3
    expect(codes(value)).to.deep.equal(['edited'])
    const mark = runWith()
    mark.score = { ...mark.score!, isMarkedInvalid: true }
    expect(codes(mark)).to.include('edited')
  })

  it('show by the score where there is no hash', () => {
    const run = runWith()
    run.score = { ...run.score!, total: 2.1, hash: null }
    expect(codes(run)).to.deep.equal(['wrong-score'])
    expect(judge(run).hash.ok).to.equal(null)
  })

  it('show by each other', () => {
    const after = { file: 'result_summary.txt', line: 2, text: '3' }
    const conflict = { phase: 'find', key: 'value', before: '2', after }
    expect(codes(runWith({}, { conflicts: [conflict] }))).to.deep.equal(['contradiction'])
    expect(codes(runWith({}, { damage: [after] }))).to.deep.equal(['damaged'])
    const twice = runWith({}, { conflicts: [{ ...conflict, key: 'startedAt' }], procs: 1 })
    expect(the('two-writers', twice).text).to.include('launcher')
  })
})

describe('what lists ask for', () => {
  it('is ten nodes, exactly or at least', () => {
    const four = runWith({}, { nodes: 4 })
    expect(codes(four)).to.deep.equal(['few-nodes'])
    expect(judge(four).valid).to.equal(true)
    expect(codes(runWith({}, { nodes: 12 }))).to.deep.equal(['not-ten-nodes'])
    expect(codes(runWith({}, { nodes: null }))).to.deep.equal(['nodes-unknown'])
    expect(codes(runWith({}, { nodes: null, procs: 4 }))).to.deep.equal(['few-nodes'])
  })

  it('is that as many processes ran as were asked for', () => {
    const alone = the('procs', runWith({}, { procs: 1 }), { tasks: 160 })
    expect(alone).to.include({ severity: 'invalid' })
    expect(alone.text).to.include('each ran alone')
    expect(codes(runWith(), { tasks: 160 })).to.deep.equal([])
  })

  it('is a read from the storage', () => {
    expect(codes(runWith({ 'ior-easy-read': { value: 12 } }))).to.deep.equal(['implausible-read'])
    expect(codes(runWith({}, { nodes: 1 }))).to.deep.equal(['few-nodes', 'cached-read'])
    expect(codes(runWith({}, { nodes: 1 }, { global: { 'drop-caches': 'TRUE' } }))).to.deep.equal([
      'few-nodes',
    ])
    const failed = message(
      'Calling "echo 3 > /proc/sys/vm/drop_caches" returned 256',
      null,
      'warning',
    )
    expect(codes(runWith({}, { messages: [failed] }))).to.deep.equal(['drop-caches'])
  })
})

describe('a run that has no score', () => {
  const dead = (cause: NonNullable<Io500Run['death']>['cause']) =>
    runWith(
      { find: { value: null } },
      { score: null, truncated: true, death: { phase: 'find', cause, evidence: null } },
    )

  it('says why, where, and what to do', () => {
    const [problem] = judge(dead('no-space')).problems
    expect(problem).to.include({ code: 'no-space', phase: 'find', severity: 'invalid' })
    expect(problem.fix).to.include('blockSize')
  })

  it('believes the job where the files do not tell', () => {
    const end = { cause: 'time-limit', text: 'The time limit of 2 h was reached.' } as const
    expect(codes(dead('unknown'), { end })).to.deep.equal(['time-limit'])
    expect(the('time-limit', dead('unknown'), { end }).text).to.include(
      'the time limit of 2 h was reached.',
    )
    expect(codes(dead('no-space'), { end })).to.deep.equal(['no-space'])
  })
})
