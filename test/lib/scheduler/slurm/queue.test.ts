import { assert, expect } from 'chai'
import fc from 'fast-check'
import { expandNodeList } from '../../../../src/lib/scheduler/slurm/nodes.js'
import { isTheJob, parseQueue, parseQueueRow } from '../../../../src/lib/scheduler/slurm/queue.js'
import { explainReason, KNOWN_REASONS } from '../../../../src/lib/scheduler/slurm/reasons.js'

const row = (
  fields: Partial<
    Record<
      'id' | 'state' | 'reason' | 'nodes' | 'token' | 'name' | 'start' | 'user' | 'workDir',
      string
    >
  >,
) =>
  [
    fields.id ?? '12',
    fields.state ?? 'R',
    fields.reason ?? 'None',
    fields.nodes ?? 'mel0001',
    'cpu',
    'short',
    '2026-11-24T10:00:00',
    fields.start ?? '2026-11-24T10:01:00',
    'N/A',
    fields.user ?? 'bob',
    fields.token ?? 'aibench:ab',
    fields.workDir ?? '/runs/x',
    fields.name ?? 'n',
  ].join('\x1f')

describe('a row of squeue', () => {
  for (const { title, fields, expected } of [
    {
      title: 'a name with a bar and blanks',
      fields: { name: 'n|a me' },
      expected: { id: '12', state: 'running', name: 'n|a me' },
    },
    {
      title: 'a name with our separator',
      fields: { name: 'a\x1fb' },
      expected: { name: 'a\x1fb', state: 'running' },
    },
    {
      title: 'a state from the future',
      fields: { state: 'ZZ' },
      expected: { state: 'unknown', rawState: 'ZZ' },
    },
    {
      title: 'a held job',
      fields: { state: 'PD', reason: 'JobHeldUser' },
      expected: { state: 'held' },
    },
    {
      title: 'a job out of memory',
      fields: { state: 'OOM' },
      expected: {
        state: 'ended',
        outcome: { kind: 'out-of-memory', exitCode: null, signal: null },
      },
    },
    { title: 'a requeued job', fields: { state: 'RQ' }, expected: { state: 'pending' } },
    { title: 'a job that is ending', fields: { state: 'CG' }, expected: { state: 'completing' } },
  ] as const)
    it(title, () => assert.deepInclude(parseQueueRow(row(fields)), expected))

  it('that is broken is passed over', () => expect(parseQueueRow('12\x1fR')).to.equal(undefined))

  it('knows its cluster where several were asked', () => {
    const jobs = parseQueue(`CLUSTER: a\n${row({ id: '1' })}\nCLUSTER: b\n${row({ id: '1' })}\n`)
    expect(jobs.map(({ id, cluster }) => `${id} ${cluster}`)).to.deep.equal(['1 a', '1 b'])
  })

  it('of a waiting job gives the estimate, not a start', () => {
    const job = parseQueueRow(row({ state: 'PD', reason: 'Resources' }))!
    expect(job.startedAt).to.equal(undefined)
    expect(job.expectedStart?.getFullYear()).to.equal(2026)
  })
})

describe('a job', () => {
  const identity = {
    ...{ id: '12', token: 'aibench:ab', name: 'aibench-vllm-k3f9', runDir: '/runs/x' },
    cluster: null,
  }
  const site = { token: 'site:prj42' }
  const NAME = 'aibench-vllm-k3f9'
  for (const [title, fields, isOurs] of [
    ['with the token is ours', {}, true],
    [
      'whose comment the site wrote is ours by id and name',
      { ...site, name: NAME, workDir: '/' },
      true,
    ],
    ['whose comment the site wrote is ours by id and folder', site, true],
    [
      'with another number, of our name and folder, is ours',
      { ...site, id: '9', name: NAME },
      true,
    ],
    ['with nothing but our number is not', { ...site, workDir: '/elsewhere' }, false],
    ['with nothing but our folder is not', { ...site, id: '9' }, false],
    ['with nothing but our name is not', { ...site, id: '9', name: NAME, workDir: '/' }, false],
    ['with another token of ours is not', { token: 'aibench:cd', name: NAME }, false],
    ['of another user is not, whatever it says', { name: NAME, user: 'mallory' }, false],
  ] as const)
    it(title, () => expect(isTheJob(parseQueueRow(row(fields))!, identity, 'bob')).to.equal(isOurs))
})

describe('pending reasons', () => {
  it('are at least 25 in plain words', () => expect(KNOWN_REASONS.length).to.be.at.least(25))
  it('that never end are known', () => {
    for (const raw of [
      'PartitionTimeLimit',
      'PartitionNodeLimit',
      'PartitionConfig',
      'DependencyNeverSatisfied',
      'QOSMaxWallDurationPerJobLimit',
    ])
      expect(explainReason(raw)!.hopeless, raw).to.equal(true)
  })
  it('that pass are not taken for hopeless', () => {
    for (const raw of [
      'Resources',
      'Priority',
      'AssocMaxJobsLimit',
      'ReqNodeNotAvail, UnavailableNodes:mel0001',
    ])
      expect(explainReason(raw)!.hopeless, raw).to.equal(false)
  })
  it('from the future are shown as they are', () => {
    expect(explainReason('FooBar')!.plain).to.include('FooBar')
    expect(explainReason('QOSMaxFooPerJobLimit')!.hopeless).to.equal(true)
  })
  it('None says nothing', () => expect(explainReason('None')).to.equal(undefined))
})

describe('node lists', () => {
  for (const [text, nodes] of [
    ['mel[0001-0003,0010]', ['mel0001', 'mel0002', 'mel0003', 'mel0010']],
    ['mel1,gpu[7-8]', ['mel1', 'gpu7', 'gpu8']],
    ['r[1-2]n[1-2]', ['r1n1', 'r1n2', 'r2n1', 'r2n2']],
    ['', []],
    ['(null)', []],
  ] as const)
    it(`"${text}"`, () => expect(expandNodeList(text)).to.deep.equal(nodes))

  it('keep zeros in front, whatever the range', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9_000 }),
        fc.integer({ min: 0, max: 50 }),
        (from, more) => {
          const pad = (n: number) => String(n).padStart(4, '0')
          const nodes = expandNodeList(`n[${pad(from)}-${pad(from + more)}]`)
          expect(nodes).to.have.lengthOf(more + 1)
          expect(nodes[0]).to.equal(`n${pad(from)}`)
          expect(nodes.at(-1)).to.equal(`n${pad(from + more)}`)
        },
      ),
    )
  })
})
