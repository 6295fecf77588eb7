import { expect } from 'chai'
import { join } from 'node:path'
import { OPEN } from '../../../src/lib/instrument/http/access.js'
import {
  InstrumentError,
  InterruptedError,
  JobFailedError,
  ThresholdError,
  type AibenchError,
} from '../../../src/lib/platform/errors.js'
import { runBenchmark } from '../../../src/lib/benchmarks/run-benchmark.js'
import { openRun } from '../../../src/lib/benchmarks/run-record.js'
import { vectors } from '../../../src/lib/benchmarks/vectors/kind.js'
import type { Judged } from '../../../src/lib/benchmarks/verdict.js'
import type { WorkerConfig } from '../../../src/lib/instrument/process/worker-config.js'
import type { VectorPlan } from '../../../src/lib/instrument/vectors/plan.js'
import type { VectorResult } from '../../../src/lib/instrument/vectors/result.js'
import { CHROMA } from '../../support/measured.js'
import { vectorResult } from '../../support/vector-result.js'
import { contextWith, type FakeContext } from '../../support/context.js'

const RESULT = vectorResult({ thresholds: [] })

const GOOD: Judged = {
  errors: { rate: 0, limit: 0.01 },
  limit: null,
  invalid: null,
  remedy: null,
  again: 'aibench chroma bench --plan c19d',
}
const MISSED = {
  ...{ text: 'qps>4000', label: 'q/s > 4000', measured: 3690, unit: '', met: false },
  ...{ reliable: true, samples: 1000, where: null },
}

const SUMMARY = '3 690 q/s · recall 0.998'

/** What a worker does, in shell; its folder is `$D`. */
const measures = (result: VectorResult) => `echo '${JSON.stringify(result)}' > "$D/result.json"`
const MEASURES = measures(RESULT)
const says = (event: object) => `echo '${JSON.stringify(event)}'`

async function conducted(
  context: FakeContext,
  script: string,
  judged: Partial<Judged> = {},
  signal = context.signal,
  onEvent: () => void = () => undefined,
) {
  const server = { ...OPEN, url: 'http://127.0.0.1:1' }
  const run = await openRun(context, 'chroma', { label: server.url, observation: null })
  const kind = { ...vectors, judged: () => ({ ...GOOD, ...judged }) }
  const outcome = await runBenchmark({ ...context, signal }, kind, {
    run,
    service: CHROMA,
    target: { observation: null, server },
    plan: { errorRateLimit: 0.01 } as VectorPlan,
    again: GOOD.again,
    argv: ['bash', '-c', `D="\${0%/*}"; ${script}`],
    config: { runDir: run.dir } as WorkerConfig,
    onEvent,
  }).then(
    (result) => ({ result, error: undefined }),
    (error: AibenchError) => ({ result: undefined, error }),
  )
  return { ...outcome, run, record: (await context.state.read()).runs[run.id] }
}

describe('a benchmark that is conducted', () => {
  it('gives what was measured, and has it on record', async () => {
    await using context = await contextWith()
    const { result, record } = await conducted(context, MEASURES)
    expect(result).to.deep.equal(RESULT)
    expect(record).to.deep.include({
      ...{ verdict: 'ok', summary: SUMMARY, endedAt: RESULT.endedAt },
      figures: vectors.figures(RESULT),
    })
  })

  const CLIENT = { verdict: 'client-bound', finding: 'x', hints: [] } as const
  for (const [verdict, change, kind] of [
    ['client-bound', { limit: CLIENT }, InstrumentError],
    ['late', { limit: { ...CLIENT, verdict: 'late' } }, InstrumentError],
    ['invalid', { invalid: 'it was too short' }, JobFailedError],
  ] as const)
    it(`that is no success keeps its result and its verdict: ${verdict}`, async () => {
      await using context = await contextWith()
      const { error, record } = await conducted(context, MEASURES, change)
      expect(error).to.be.instanceOf(kind)
      expect(error!.data).to.deep.equal(RESULT)
      expect(record).to.include({ verdict, summary: SUMMARY })
    })

  it('that misses a threshold keeps them too', async () => {
    await using context = await contextWith()
    const missed = { ...RESULT, thresholds: [MISSED] }
    const { error, record } = await conducted(context, measures(missed))
    expect(error).to.be.instanceOf(ThresholdError)
    expect(error!.data).to.deep.equal(missed)
    expect(record).to.include({ verdict: 'threshold-missed', summary: SUMMARY })
  })

  it('whose worker refuses is on record as failed, and the worker’s word is the error', async () => {
    await using context = await contextWith()
    const failed = { type: 'failed', code: 'AIB_FILE', exitCode: 2, message: 'no such file' }
    const hints = ['aibench chroma check', 'aibench chroma bench --batch 100']
    const { error, record } = await conducted(context, says({ ...failed, hints }))
    expect(error).to.include({ exitCode: 2, code: 'AIB_FILE', message: 'no such file' })
    // Aimed at the server that was meant, which is no instance of ours.
    expect(error!.hints).to.deep.equal([
      'aibench chroma bench --url http://127.0.0.1:1 --batch 100',
    ])
    expect(record).to.include({ verdict: 'failed', summary: null })
    expect(record.endedAt).to.be.a('string')
  })

  it('whose worker dies speaks of no instance where there is none', async () => {
    await using context = await contextWith()
    const { error, record } = await conducted(context, 'exit 9')
    expect(error).to.include({ exitCode: 7, code: 'AIB_WORKER_LOST', where: 'exit code 9' })
    expect(error!.hints.join()).to.not.match(/check|logs/)
    expect(record.verdict).to.equal('failed')
  })

  it('that was interrupted before anything was measured says so, and where it lies', async () => {
    await using context = await contextWith()
    const signal = AbortSignal.abort(new InterruptedError('SIGTERM'))
    const { error, record, run } = await conducted(context, 'exit 1', {}, signal)
    expect(error).to.be.instanceOf(InterruptedError).and.include({ exitCode: 143 })
    expect(error).to.include({ where: run.dir, data: undefined })
    expect(record.verdict).to.equal('interrupted')
  })

  it('that was interrupted later has what was measured until then', async () => {
    await using context = await contextWith()
    const stop = new AbortController()
    const cut = { ...RESULT, complete: false }
    const script = [
      ...['trap "" USR2', measures(cut), says({ type: 'phase', phase: 'ingest', text: '' })],
      'until [[ -e "$D/stop" ]]; do sleep 0.1; done',
    ].join('; ')
    const { error, record } = await conducted(context, script, {}, stop.signal, () =>
      stop.abort(new InterruptedError('SIGINT')),
    )
    expect(error).to.be.instanceOf(InterruptedError).and.include({ exitCode: 130 })
    expect(error!.data).to.deep.equal(cut)
    expect(record).to.include({ verdict: 'interrupted', summary: SUMMARY })
  })

  it('finds its order where its worker is told', async () => {
    await using context = await contextWith()
    const script = `[[ -s "$0" && "$0" == "$D/order.json" ]] && ${MEASURES}`
    const { result, run } = await conducted(context, script)
    expect(result, join(run.dir, 'order.json')).to.deep.equal(RESULT)
  })
})
