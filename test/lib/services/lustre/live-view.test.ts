import { expect } from 'chai'
import type { LiveState } from '../../../../src/lib/instrument/filesystem/live/contract.js'
import { LiveReader } from '../../../../src/lib/instrument/filesystem/live/read-live.js'
import { plainStyle } from '../../../../src/lib/report/style.js'
import { visibleWidth } from '../../../../src/lib/report/wrap.js'
import { eventText } from '../../../../src/lib/services/lustre/face/live-text.js'
import { liveLines } from '../../../../src/lib/services/lustre/face/live-view.js'
import { LiveChanges, type LiveEvent } from '../../../../src/lib/services/lustre/live-events.js'
import { instanceWith } from '../../../support/instances.js'
import { Replay, type Doing } from '../../../support/live-replay.js'
import { temporaryFolder } from '../../../support/surroundings.js'

const GIB = 2 ** 30
const instance = instanceWith({
  ...{ service: 'lustre', name: 'io500', shape: 'batch', phase: 'running', jobId: '4812345' },
})

const doing =
  (pace: number) =>
  (phase: string, s: number): Doing =>
    phase.startsWith('ior')
      ? { writeBytes: pace * 2 * GIB * (s > 300 ? 0.5 : 1), readBytes: pace * 2 * GIB }
      : { files: 1500, writeCalls: pace * 1000 }
const NODES = [
  { name: 'mel0001', doing: doing(1) },
  { name: 'mel0002', doing: doing(0.25) },
  { name: 'mel0003', doing: doing(0.75) },
]

/** What is left is taken from public results, which may be newer tomorrow. */
const LEFT = { share: 0.31, remaining: { p10Ms: 1_800_000, p50Ms: 2_280_000, p90Ms: 3_400_000 } }

async function stateAt(second: number): Promise<LiveState> {
  await using folder = await temporaryFolder()
  const replay = await Replay.of(folder.path, 'valid-300s', { nodes: NODES })
  await replay.to(second)
  const state = await new LiveReader(folder.path).look(replay.nowMs(second))
  return { ...state, ...LEFT }
}

const linesAt = async (second: number, columns: number, rows?: number) =>
  liveLines({ instance }, await stateAt(second), { style: { ...plainStyle, columns }, rows })

describe('the live picture of a run', () => {
  it('in a write phase, 80 columns', async () => {
    expect(await linesAt(1000, 80)).to.deep.equal([
      'io500 · job 4812345 · 2 nodes · 4 processes · preset full',
      '',
      'phase 4 of 13  mdtest-hard-write  2.00 kIOPS  for 1m25s',
      'stonewall   ━━━━━━━─────────────────  3m35s left of 5m',
      'whole run   ━━━━━━━╸────────────────  31 % · about 38m left (30m to 57m)',
      '',
      '  1  ior-easy-write     0.0279  GiB/s  5m09s',
      '  2  mdtest-easy-write    1.61  kIOPS  5m04s',
      '  3  ior-hard-write     0.0239  GiB/s  5m02s',
      '',
      'nodes       slowest mel0002 0.250 kIOPS · median mel0003 0.750 kIOPS',
      'Ctrl-C leaves the job running',
    ])
  })

  it('past the stonewall, 120 columns', async () => {
    expect(await linesAt(307, 120)).to.deep.equal([
      'io500 · job 4812345 · 2 nodes · 4 processes · preset full',
      '',
      'phase 1 of 13  ior-easy-write  2.00 GiB/s  for 5m07s',
      'wears out   7.0 s past the wall: every rank does as much as the fastest had · 50 % of the rate before',
      'whole run   ━━━━━━━━━━━━╸───────────────────────────  31 % · about 38m left (30m to 57m)',
      '',
      'nodes       slowest mel0002 0.250 GiB/s · median mel0003 0.750 GiB/s',
      'Ctrl-C leaves the job running',
    ])
  })

  it('in a phase that shows nothing until it ends, on a low terminal', async () => {
    expect(await linesAt(1257, 80, 12)).to.deep.equal([
      'io500 · job 4812345 · 2 nodes · 4 processes · preset full',
      '',
      'phase 7 of 13  mdtest-easy-stat  its rate shows only at its end  for 2.0 s',
      'whole run   ━━━━━━━╸────────────────  31 % · about 38m left (30m to 57m)',
      '',
      '  … 3 before',
      '  4  mdtest-hard-write   1.80  kIOPS  5m05s',
      '  5  find                 256  kIOPS  4.0 s',
      '  6  ior-easy-read      0.275  GiB/s   31 s',
      '',
      'Ctrl-C leaves the job running',
    ])
  })

  it('of a job that waits for its nodes, and that prepares', async () => {
    const state = await stateAt(0)
    const of = (changed: Partial<LiveState>, startedAt: string | null) =>
      liveLines(
        { instance: { ...instance, startedAt, submittedAt: null } },
        { ...state, ...changed, phase: null, share: null, remaining: null, nodes: [] },
        { style: plainStyle },
      ).slice(2, -2)
    expect(of({ stage: 'starting' }, null)).to.deep.equal(['queued      job 4812345'])
    const sinceMs = state.nowMs - 12_000
    const layout = of({ stage: 'layout', text: 'suggested', sinceMs }, '2026-11-23T13:40:00.000Z')
    expect(layout).to.deep.equal(['layout      suggested · 12 s'])
  })

  it('names nodes of which nothing is heard, and lets nothing through that is no text', async () => {
    const state = await stateAt(100)
    const nodes = state.nodes.map((node) => ({ ...node, isSilent: node.node === 'mel0002' }))
    const lines = liveLines({ instance }, { ...state, nodes }, { style: plainStyle })
    expect(lines).to.include('silent      no samples from mel0002')
  })

  for (const columns of [80, 100, 120])
    it(`fits into ${columns} columns`, async () => {
      for (const second of [150, 307, 1257])
        for (const line of await linesAt(second, columns))
          expect(visibleWidth(line), line).to.be.at.most(columns)
    })
})

describe('a run that is watched without a terminal', () => {
  it('is a line a change, and of figures one every 30 s at most', async () => {
    await using folder = await temporaryFolder()
    const replay = await Replay.of(folder.path, 'valid-300s', { nodes: NODES })
    const reader = new LiveReader(folder.path)
    const changes = new LiveChanges(30_000)
    const [lines, events]: [string[], LiveEvent[]] = [[], []]
    for (let second = 0; second <= 700; second += second < 320 ? 1 : 10) {
      await replay.to(second)
      const state = { ...(await reader.look(replay.nowMs(second))), ...LEFT }
      for (const event of changes.of(state)) {
        events.push(event)
        const text = eventText(event, state, plainStyle)
        if (text !== undefined) lines.push(text)
      }
    }
    expect(lines.slice(0, 3)).to.deep.equal([
      'running',
      'ior-easy-write (1 of 13) begins',
      '… ior-easy-write  4.00 GiB/s · wall in 4m30s · about 38m left',
    ])
    const end = lines.indexOf('✓ ior-easy-write  0.0279 GiB/s  5m09s')
    expect(lines.slice(end - 1, end + 3)).to.deep.equal([
      '… ior-easy-write  4.00 GiB/s · wears out for 1.0 s · about 38m left',
      '✓ ior-easy-write  0.0279 GiB/s  5m09s',
      'mdtest-easy-write (2 of 13) begins',
      '… mdtest-easy-write  1.50 kIOPS · wall in 4m29s · about 38m left',
    ])
    const rates = events.filter(({ type }) => type === 'rate')
    for (const [i, { at }] of rates.slice(1).entries())
      expect(Date.parse(at) - Date.parse(rates[i].at)).to.be.at.least(30_000)
    expect(events.filter(({ type }) => type === 'phase')).to.have.lengthOf(3)
    expect(events.find(({ type }) => type === 'rate')).to.deep.include({
      ...{ phase: 'ior-easy-write', unit: 'bytes', repeat: 1, repeats: 1 },
    })
  })
})
