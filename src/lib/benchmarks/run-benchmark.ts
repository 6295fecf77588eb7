import { runWorker, type WorkerCall } from '../instrument/process/run-worker.js'
import { commandOn } from '../platform/command-line.js'
import { AibenchError, InterruptedError, UnreachableError } from '../platform/errors.js'
import type { Observation } from '../jobs/observation.js'
import type { Run } from '../state/schema.js'
import type { Context } from '../jobs/contract.js'
import { aimed } from './foreign.js'
import { markFailed, recordRun } from './run-record.js'
import type { Target } from './target.js'
import { failIfJobEnded, judge, verdictOf, type Judged } from './verdict.js'

/** A benchmark that is ready to go: what to run, and how its result is judged. */
export interface BenchmarkRun<Sample extends { type: 'sample' }, Result> {
  run: Run
  target: Pick<Target, 'observation' | 'server'>
  call(): Promise<Omit<WorkerCall<Sample, Result>, 'signal'>>
  judged(result: Result): Judged<Result>
  /** For the LAST RESULT column. */
  summary(result: Result): string
  /** For `runs list --json`. */
  figures(result: Result): NonNullable<Run['figures']>
}

/**
 * Runs the worker, keeps its result in the records, and judges it.
 * @throws ThresholdError, InstrumentError or JobFailedError with the result as `data` when it was measured but is no success
 */
export async function runBenchmark<
  Sample extends { type: 'sample' },
  Result extends { endedAt: string },
>(
  context: Context,
  { run, target, call, judged: judgedOf, summary, figures }: BenchmarkRun<Sample, Result>,
): Promise<Result> {
  try {
    const lostHints = target.observation ? hintsFor(target.observation) : []
    const result = await runWorker({ lostHints, ...(await call()), signal: context.signal })
    const judged = judgedOf(result)
    await recordRun(context, {
      ...run,
      endedAt: result.endedAt,
      verdict: verdictOf(judged),
      summary: summary(result),
      figures: figures(result),
    })
    return await judge(context, target.observation, judged)
  } catch (thrown) {
    const error = aimed(thrown, run.service, target.server)
    await markFailed(context, run)
    if (context.signal.aborted && !(error instanceof AibenchError && error.data !== undefined))
      throw InterruptedError.of(context.signal, { where: run.dir }, 'nothing was measured')
    if (error instanceof UnreachableError)
      await failIfJobEnded(context, target.observation, error.data)
    throw error
  }
}

function hintsFor({ instance }: Observation): string[] {
  return [commandOn(instance, 'check'), commandOn(instance, 'logs', '--stderr')]
}
