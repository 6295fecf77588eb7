import { join } from 'node:path'
import { runWorker } from '../../bench/run-worker.js'
import type { VectorEvent, VectorPlan, WorkerOrder } from '../../bench/vectors/plan.js'
import { VectorResultSchema, type VectorResult } from '../../bench/vectors/result.js'
import { UnreachableError } from '../../platform/errors.js'
import { shortId } from '../../platform/identifiers.js'
import type { Run } from '../../state/schema.js'
import { markFailed, openRun, recordRun } from '../benchmark/run-record.js'
import { provenanceOf, targetOf, type Target } from '../benchmark/target.js'
import { failIfJobEnded, judge, verdictOf } from '../benchmark/verdict.js'
import type { Context } from '../contract.js'
import type { VectorBenchRequest } from '../reports.js'
import { neededMs, planOf } from './bench-plan.js'
import { BenchDrawer } from './bench-progress.js'
import { judgedOf, summaryLine } from './bench-verdict.js'

/**
 * Benchmarks a Chroma server from a worker process next to it.
 * @throws ThresholdError, InstrumentError or JobFailedError with the result as `data` when it was measured but is no success
 */
export async function benchChroma(
  context: Context,
  request: VectorBenchRequest,
): Promise<VectorResult> {
  const plan = await planOf(context, request)
  const target = await targetOf(context, {
    ...request,
    service: 'chroma',
    neededMs: neededMs(plan),
    shorter: 'aibench chroma bench --duration 2s --repeats 1',
  })
  const run = await openRun(context, 'chroma', target)
  const drawer = new BenchDrawer(context)
  try {
    const result = await runWorker({
      argv: target.beside([
        process.execPath,
        join(context.environment.installDir, 'dist/worker.js'),
      ]),
      order: await orderFor(context, plan, target, run),
      result: VectorResultSchema,
      onEvent: (event: VectorEvent) => drawer.show(event),
      signal: context.signal,
    })
    const judged = judgedOf(plan, result)
    await recordRun(context, {
      ...run,
      endedAt: result.endedAt,
      verdict: verdictOf(judged),
      summary: summaryLine(result),
    })
    return await judge(context, target.observation, judged)
  } catch (error) {
    await markFailed(context, run)
    if (error instanceof UnreachableError)
      await failIfJobEnded(context, target.observation, error.data)
    throw error
  }
}

async function orderFor(
  context: Context,
  plan: VectorPlan,
  target: Target,
  run: Run,
): Promise<WorkerOrder> {
  return {
    kind: 'vectors',
    plan,
    url: target.url,
    tokenFile: target.tokenFile,
    serverPid: target.serverPid,
    runDir: run.dir,
    cacheDir: join(context.environment.cacheDir, 'ground-truth'),
    collection: `aibench-${run.id}-${shortId(6)}`,
    runId: run.id,
    provenance: await provenanceOf(context, target),
  }
}
