import { join } from 'node:path'
import { runWorker } from '../../bench/run-worker.js'
import type { VectorEvent, VectorPlan, WorkerOrder } from '../../bench/vectors/plan.js'
import { VectorResultSchema, type VectorResult } from '../../bench/vectors/result.js'
import { UnreachableError } from '../../platform/errors.js'
import { makePrivateDir } from '../../platform/files.js'
import { shortId } from '../../platform/identifiers.js'
import type { Run } from '../../state/schema.js'
import { createRunDirectory, writeRunRecord } from '../../state/run-directories.js'
import type { Context } from '../contract.js'
import type { VectorBenchRequest } from '../reports.js'
import { planOf } from './bench-plan.js'
import { BenchDrawer } from './bench-progress.js'
import { provenanceOf, targetOf, type Target } from './bench-target.js'
import { failIfJobEnded, judge, summaryLine, verdictOf } from './bench-verdict.js'

/**
 * Benchmarks a Chroma server from a worker process next to it.
 * @throws ThresholdError, InstrumentError or JobFailedError with the result as `data` when it was measured but is no success
 */
export async function benchChroma(
  context: Context,
  request: VectorBenchRequest,
): Promise<VectorResult> {
  const plan = await planOf(context, request)
  const target = await targetOf(context, request, plan)
  const run = await openRun(context, target)
  const drawer = new BenchDrawer(context)
  try {
    const result = await runWorker({
      argv: target.beside([
        process.execPath,
        join(context.environment.installDir, 'dist/worker.js'),
      ]),
      order: await orderFor(context, plan, target, run, request),
      result: VectorResultSchema,
      onEvent: (event: VectorEvent) => drawer.show(event),
      signal: context.signal,
    })
    await closeRun(context, run, result)
    return await judge(context, plan, target, result)
  } catch (error) {
    await markFailed(context, run)
    if (error instanceof UnreachableError)
      await failIfJobEnded(context, target.observation, error.data)
    throw error
  }
}

async function openRun(context: Context, { label, observation }: Target): Promise<Run> {
  const id = shortId()
  const dir = observation
    ? join(observation.instance.runDir, 'bench', id)
    : await createRunDirectory(context, { id, service: 'chroma-url' })
  await makePrivateDir(dir)
  const run: Run = {
    id,
    service: 'chroma',
    instance: observation?.instance.id ?? null,
    target: label,
    dir,
    startedAt: context.clock.now().toISOString(),
    endedAt: null,
    verdict: 'running',
    summary: null,
  }
  await recordRun(context, run)
  return run
}

/** In the state for every command; beside the results for the day the state is lost. */
async function recordRun(context: Context, run: Run): Promise<void> {
  await writeRunRecord(run)
  await context.state.update((draft) => {
    draft.runs[run.id] = run
    const instance = run.instance === null ? undefined : draft.instances[run.instance]
    if (instance && run.summary !== null) instance.lastResult = run.summary
  })
}

async function orderFor(
  context: Context,
  plan: VectorPlan,
  target: Target,
  run: Run,
  { tokenFile }: VectorBenchRequest,
): Promise<WorkerOrder> {
  return {
    kind: 'vectors',
    plan,
    url: target.url,
    tokenFile: tokenFile ?? null,
    serverPid: target.serverPid,
    runDir: run.dir,
    cacheDir: join(context.environment.cacheDir, 'ground-truth'),
    collection: `aibench-${run.id}-${shortId(6)}`,
    runId: run.id,
    provenance: await provenanceOf(context, target),
  }
}

async function closeRun(context: Context, run: Run, result: VectorResult): Promise<void> {
  const verdict = verdictOf(result)
  await recordRun(context, {
    ...run,
    endedAt: result.endedAt,
    verdict,
    summary: summaryLine(result),
  })
}

/** A run that was closed with a result keeps it, whatever is thrown about that result. */
async function markFailed(context: Context, { id }: Run): Promise<void> {
  const { runs } = await context.state.read()
  if (runs[id]?.verdict !== 'running') return
  await recordRun(context, {
    ...runs[id],
    verdict: context.signal.aborted ? 'interrupted' : 'failed',
    endedAt: context.clock.now().toISOString(),
  })
}
