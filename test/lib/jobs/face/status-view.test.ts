import { expect } from 'chai'
import { chooseStyle, plainStyle } from '../../../../src/lib/report/style.js'
import { statusLines, statusView } from '../../../../src/lib/jobs/face/status-view.js'
import { dryRunView } from '../../../../src/lib/jobs/face/dry-run-view.js'
import { queuedText } from '../../../../src/lib/jobs/wait-drawer.js'
import type { InstanceReport, StatusReport } from '../../../../src/lib/jobs/reports.js'
import type { Instance } from '../../../../src/lib/state/schema.js'

const instance = (change: Partial<InstanceReport>): InstanceReport =>
  ({
    ...{ id: 'k3f9', name: 'llama8b', service: 'vllm', simulated: false, phase: 'ready' },
    ...{ summary: 'ready', jobId: '4812345', node: 'mel2041', upMs: 4_320_000 },
    ...{ leftMs: 17_220_000, lastResult: '508 tok/s', reason: null, expectedStart: null },
    ...{ detail: null, trouble: null, progress: null, members: [], guests: [], ...change },
  }) as InstanceReport
const report = (instances: InstanceReport[], change: Partial<StatusReport> = {}): StatusReport => ({
  ...{ instances, hidden: 0, nodeHours: 2.4, schedulerCalls: 1, staleSince: null, trouble: null },
  ...change,
})
const dead = (change: Partial<InstanceReport> = {}) =>
  instance({
    ...{ phase: 'ended', summary: 'failed', node: 'mel2007', jobId: '4811020', leftMs: null },
    detail: 'GPU out of memory: tried to allocate 2.00 GiB, of 79.18 GiB 1.20 GiB are free',
    ...change,
  })

describe('the status', () => {
  it('keeps the time that is up and left beside a long reason, at 80 columns', () => {
    const lines = statusView(report([instance({}), dead({ id: 'aaaa', name: 'old' })]), plainStyle)
    expect(lines.split('\n')).to.deep.equal([
      'NAME     STATE   JOB      NODE        UP   LEFT  LAST RESULT',
      'llama8b  ready   4812345  mel2041  1h12m  4h47m  508 tok/s',
      'old      failed  4811020  mel2007                GPU out of memory: tried to al…',
      'why:  aibench vllm logs old --stderr',
      '1 ready, 1 failed · 2.40 node-hours so far',
    ])
  })

  it('tells instances of one name apart, by what every command finds them by', () => {
    const all = report([instance({}), dead({ id: 'aaaa' }), dead({ id: 'bbbb', name: 'b' })])
    const text = statusView(all, plainStyle)
    expect(text).to.match(/^llama8b \(aaaa\) /m)
    expect(text).to.include('why:  aibench vllm logs aaaa --stderr · aibench vllm logs b --stderr')
    expect(statusLines(all)).to.equal('llama8b\naaaa\nb')
  })

  it('says of one that was lost why, and where its log is', () => {
    const lost = dead({ summary: 'lost', detail: 'Slurm has forgotten the job' })
    const text = statusView(report([lost]), plainStyle)
    expect(text).to.include('Slurm has forgotten the job')
    expect(text).to.include('why:  aibench vllm logs llama8b --stderr')
  })

  it('speaks of node-hours only where there are some', () => {
    expect(statusView(report([instance({})], { nodeHours: 0 }), plainStyle)).to.not.include('hours')
  })

  it('says why a job waits and until about when, and how many are not shown', () => {
    const queued = instance({
      ...{ phase: 'submitted', summary: 'queued', node: null, upMs: null, leftMs: null },
      reason: { raw: 'Resources', plain: 'nodes are busy' } as InstanceReport['reason'],
      expectedStart: '2026-11-26T14:41:00.000Z',
    })
    const text = statusView(report([queued], { hidden: 3 }), { ...plainStyle, columns: 100 })
    expect(text).to.include('nodes are busy, about 14:41 UTC')
    expect(text).to.include('3 more that ended: aibench status --all')
  })

  it('paints what failed or was lost red, what is ready green, what waits yellow', () => {
    const style = {
      ...plainStyle,
      good: (text: string) => `<g>${text}</g>`,
      bad: (text: string) => `<r>${text}</r>`,
      waiting: (text: string) => `<y>${text}</y>`,
    }
    const of = (summary: InstanceReport['summary']) =>
      statusView(report([instance({ summary })]), style)
    expect(of('lost')).to.include('<r>lost</r>')
    expect(of('failed')).to.include('<r>failed</r>')
    expect(of('ready')).to.include('<g>ready</g>')
    expect(of('queued')).to.include('<y>queued</y>')
  })

  it('fits a terminal that says it has no columns', () => {
    const style = chooseStyle({ isTty: true, columns: 0, noColorFlag: true, variables: {} })
    expect(style.columns).to.equal(80)
    expect(statusView(report([instance({})]), style)).to.include('llama8b  vllm     ready')
  })
})

describe('the queue', () => {
  it('shows for how long, and the estimated start', () => {
    const submitted = { submittedAt: '2026-11-26T14:00:00.000Z', jobId: '7' } as Instance
    const job = {
      ...{ partition: 'gpu', qos: 'short' },
      reason: { raw: 'Resources', plain: 'nodes are busy' },
      expectedStart: new Date(2026, 10, 26, 14, 41),
    } as never
    expect(queuedText(submitted, job, Date.parse('2026-11-26T14:02:10.000Z'))).to.equal(
      '2m10s · job 7 · gpu · qos short · Resources: nodes are busy, estimated start 14:41',
    )
  })
})

describe('what would be submitted', () => {
  const dry = {
    scheduler: 'slurm' as const,
    allocation: null,
    argv: [
      ...['sbatch', '--parsable', '--hold', '--job-name=aibench-vllm-k3f9', '--time=01:00:00'],
      ...['--partition=gpu', '--comment=a b', 'slurm/vllm.sh', '/runs/x'],
    ],
    ...{ script: 'slurm/vllm.sh', description: 'vllm 0.32.0 (venv) · llama8b', prologue: null },
    command: ['vllm', 'serve', '/models/llama', '--tensor-parallel-size', '4'],
    ...{ environmentNames: ['HF_HOME'], maxNodeHours: 12 },
  }

  it('is broken at the flags, and can be pasted', () => {
    const lines = dryRunView(dry, plainStyle).split('\n')
    expect(lines.slice(0, 6)).to.deep.equal([
      'would submit (held, then released):',
      '  sbatch --parsable --hold --job-name=aibench-vllm-k3f9 --time=01:00:00 \\',
      "    --partition=gpu '--comment=a b' slurm/vllm.sh /runs/x",
      '  script     slurm/vllm.sh (unmodified)',
      '  starts     vllm 0.32.0 (venv) · llama8b',
      '  runs       vllm serve /models/llama --tensor-parallel-size 4',
    ])
    expect(lines).to.include('  costs      at most 12.00 node-hours')
    for (const line of lines) expect(line.length).to.be.at.most(80)
  })
})
