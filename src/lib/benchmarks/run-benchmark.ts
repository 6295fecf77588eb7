import { join } from 'node:path'
import { runWorker } from '../instrument/process/run-worker.js'
import type { Envelope } from '../instrument/measure/envelope.js'
import type { MeasuredService, WorkerConfig } from '../instrument/process/worker-config.js'
import type { WorkerEvent } from '../instrument/process/worker-events.js'
import { writeJson } from '../platform/files.js'
import { commandOn } from '../platform/command-line.js'
import { AibenchError, InterruptedError, UnreachableError } from '../platform/errors.js'
import type { Observation } from '../jobs/observation.js'
import type { Run } from '../state/schema.js'
import type { Context } from '../jobs/contract.js'
import { Drawer } from './drawer.js'
import { aimed } from './foreign.js'
import type { AnySample, BenchmarkKind, BenchPlan } from './kind.js'
import { markFailed, recordRun } from './run-record.js'
import type { Target } from './target.js'
import type { Telling } from './telling.js'
import { failIfJobEnded, judge, verdictOf } from './verdict.js'

/** A benchmark that is ready to go. */
export interface BenchmarkRun<Plan> {
  run: Run
  service: MeasuredService
  target: Pick<Target, 'observation' | 'server'>
  plan: Plan
  /** The command that repeats it. */
  again: string
  /** The command line of the worker. */
  argv: readonly string[]
  config: WorkerConfig
  startDeadlineMs?: number
  /** Where something keeps figures. */
  telling?: Telling
  onEvent?(event: WorkerEvent<AnySample>): void
}

/**
 * Runs the worker, keeps its result in the records, and judges it.
 * @throws ThresholdError, InstrumentError or JobFailedError with the result as `data` when it was measured but is no success
 */
export async function runBenchmark<Plan extends BenchPlan, Result extends Envelope>(
  context: Context,
  kind: BenchmarkKind<Plan, Result>,
  { run, service, target, plan, again, argv, config, ...how }: BenchmarkRun<Plan>,
): Promise<Result> {
  const drawer = new Drawer(context.progress, () => kind.live())
  const { observation } = target
  try {
    const measured = await runWorker<AnySample, Result>({
      argv,
      order: config,
      result: kind.result,
      startDeadlineMs: how.startDeadlineMs,
      lostHints: observation ? hintsFor(observation) : [],
      signal: context.signal,
      onEvent: (event) => {
        how.telling?.take(event)
        // It is for nobody else: figures for the eye are in the samples.
        if (event.type === 'growth') return
        drawer.show(event)
        if (event.type !== 'failed') how.onEvent?.(event)
      },
    })
    const result = await withTold(measured, how.telling, context.signal)
    const judged = kind.judged(plan, result, again)
    await recordRun(context, { ...run, ...endOf(kind, result, verdictOf(result, judged)) })
    return await judge(context, observation, result, judged)
  } catch (thrown) {
    await how.telling?.close().catch(() => undefined)
    const error = aimed(thrown, service, target.server)
    await markFailed(context, run)
    if (context.signal.aborted && !(error instanceof AibenchError && error.data !== undefined))
      throw InterruptedError.of(context.signal, { where: run.dir }, 'nothing was measured')
    if (error instanceof UnreachableError) await failIfJobEnded(context, observation, error.data)
    throw error
  }
}

/** With what became of its figures; they are no reason for it to fail, or to be another. */
async function withTold<Result extends Envelope>(
  result: Result,
  telling: Telling | undefined,
  signal: AbortSignal,
): Promise<Result> {
  if (!telling || signal.aborted) return result
  const monitors = await telling.end().catch(() => undefined)
  if (!monitors) return result
  const warnings = [...result.warnings, ...monitors.findings]
  const whole = { ...result, monitors, warnings }
  await writeJson(join(result.files.runDir, 'result.json'), whole).catch(() => undefined)
  return whole
}

/** What a result adds to the record of its run. */
export function endOf<Result extends Envelope>(
  kind: Pick<BenchmarkKind<never, Result>, 'summary' | 'figures'>,
  result: Result,
  verdict: Run['verdict'],
): Pick<Run, 'verdict' | 'endedAt' | 'summary' | 'figures'> {
  const { endedAt } = result
  return { verdict, endedAt, summary: kind.summary(result), figures: kind.figures(result) }
}

function hintsFor({ instance }: Observation): string[] {
  return [commandOn(instance, 'check'), commandOn(instance, 'logs', '--stderr')]
}
