import { expect } from 'chai'
import { runView, runsView } from '../../../../src/lib/benchmarks/face/runs-view.js'
import { plainStyle } from '../../../../src/lib/report/style.js'
import { inferenceFace } from '../../../../src/lib/benchmarks/inference/face/face.js'
import {
  selfTestLine,
  selfTestView,
} from '../../../../src/lib/benchmarks/inference/face/self-test-view.js'
import type { BenchmarkFace } from '../../../../src/lib/benchmarks/face/face.js'
import type { RunReport } from '../../../../src/lib/benchmarks/runs.js'
import { vectorFace } from '../../../../src/lib/benchmarks/vectors/face/face.js'
import { chatLine, modelsView } from '../../../../src/lib/services/vllm/face/views.js'
import type { Run } from '../../../../src/lib/state/schema.js'
import { inferenceResult } from '../../../support/inference-result.js'
import { vectorResult } from '../../../support/vector-result.js'

const run = (change: Partial<Run> = {}): Run => ({
  ...{
    id: 'c19d',
    service: 'vllm',
    instance: 'k3f9',
    job: null,
    target: 'llama8b',
    dir: '/runs/c19d',
  },
  ...{ startedAt: '2026-11-24T10:20:00.000Z', endedAt: null, verdict: 'threshold-missed' },
  ...{ hardware: '4 × NVIDIA A100', subject: 'Llama-3.1-8B', load: '1 000 requests, Poisson 4/s' },
  ...{ summary: '508 tok/s · TTFT p99 412 ms', ...change },
})

describe('the list of runs', () => {
  it('shows model, load, hardware and result of each', () => {
    const text = runsView([run(), run({ id: 'old1', verdict: 'ok', subject: undefined })], {
      ...plainStyle,
      columns: 160,
    })
    expect(text.split('\n').slice(0, 2)).to.deep.equal([
      'RUN   STARTED           SERVICE  TARGET   WHAT          LOAD                         HARDWARE  VERDICT           RESULT',
      'c19d  2026-11-24 10:20  vllm     llama8b  Llama-3.1-8B  1 000 requests, Poisson 4/s  4 × A100  threshold-missed  508 tok/s · TTFT p99 412 ms',
    ])
  })

  it('keeps id, verdict, load and result at 80 columns', () => {
    const text = runsView([run()], plainStyle)
    expect(text.split('\n')[1]).to.match(/^c19d .*Poisson 4\/s +threshold-missed +508 tok\/s/)
    for (const line of text.split('\n')) expect([...line].length).to.be.at.most(80)
  })
})

describe('a run shown again', () => {
  it('ends with its verdict, as the list has it', () => {
    const report = (result: RunReport['result'], face: BenchmarkFace, verdict: Run['verdict']) =>
      runView({ ...run({ verdict }), result } as RunReport, face, plainStyle)
        .split('\n')
        .at(-1)
    expect(report(inferenceResult(), inferenceFace, 'threshold-missed')).to.match(
      /^✗ threshold-missed · TPOT/,
    )
    expect(report(vectorResult(), vectorFace, 'interrupted')).to.match(/^… interrupted/)
  })

  it('without a result says so', () => {
    expect(
      runView({ ...run({ verdict: 'failed' }), result: null } as RunReport, undefined, plainStyle),
    ).to.equal('run c19d · failed · llama8b\nno result.json in /runs/c19d')
  })
})

describe('the small views of vLLM', () => {
  it('sum a chat up in a line', () => {
    const chat = {
      ...{ model: 'llama', simulated: true, text: 'hi', finishReason: 'length', promptTokens: 5 },
      ...{ outputTokens: 64, ttftMs: 52.8, totalMs: 1_300, tokensPerSecond: 50 },
    }
    expect(chatLine(chat, plainStyle)).to.equal(
      'SIMULATED · TTFT 52.8 ms · 50.0 tokens/s · 64 tokens in 1 300 ms · llama · cut at --max-tokens',
    )
  })

  it('list the models that are served', () => {
    const models = [{ id: 'llama', root: '/models/llama', maxModelLen: 4_096 }]
    const view = modelsView(
      { url: 'http://127.0.0.1:1', simulated: false, version: '0.32.0', models },
      plainStyle,
    )
    expect(view.split('\n')).to.deep.equal([
      'http://127.0.0.1:1 · vLLM 0.32.0',
      '  MODEL  TOKENS  FROM',
      '  llama   4 096  /models/llama',
    ])
  })

  it('show what the client can do alone', () => {
    const report = {
      streamedEventsPerCpuSecond: 53_000,
      ...{ eventsPerCpuSecond: 1_040_000, requestsPerCpuSecond: 8_100, node: 'n1', cpu: 'a CPU' },
      dispatchLagMs: { p50: 0.08, p99: 0.4, max: 2.2 },
    }
    const text = selfTestView(report, plainStyle)
    expect(text).to.match(/in bursts +1 040 000\/s per core/)
    expect(text).to.match(/dispatch lag +p50 0\.080+ ms · p99 0\.400 ms/)
    expect(selfTestLine(report)).to.equal(
      'events_per_cpu_s=1040000 streamed_events_per_cpu_s=53000 requests_per_cpu_s=8100 dispatch_lag_p99_ms=0.400',
    )
  })
})
