import { join } from 'node:path'
import { describeHardware } from '../../platform/hardware-text.js'
import { describePlan } from '../../instrument/vectors/describe.js'
import type { VectorEvent, VectorPlan, VectorConfig } from '../../instrument/vectors/plan.js'
import { VectorResultSchema, type VectorResult } from '../../instrument/vectors/result.js'
import { UsageError } from '../../platform/errors.js'
import { shortId } from '../../platform/identifiers.js'
import type { Run } from '../../state/schema.js'
import { foreignRecord, serverOf, warnIfInsecure } from '../foreign.js'
import { runBenchmark } from '../run-benchmark.js'
import { openRun } from '../run-record.js'
import { provenanceOf, targetOf } from '../find-target.js'
import type { Target } from '../target.js'
import type { Context } from '../../jobs/contract.js'
import type { VectorBenchRequest } from './request.js'
import { neededMs, planOf } from './plan-from-request.js'
import { BenchDrawer } from './progress.js'
import { figuresOf, judgedOf, summaryLine } from './verdict.js'

/**
 * Benchmarks a Chroma server from a worker process next to it.
 * @throws ThresholdError, InstrumentError or JobFailedError with the result as `data` when it was measured but is no success
 */
export async function benchChroma(
  context: Context,
  request: VectorBenchRequest,
): Promise<VectorResult> {
  const plan = await planOf(context, request)
  const server = serverOf(context, 'chroma', request, plan)
  if (plan.client === 'sdk' && (server?.caFile || server?.insecure))
    throw new UsageError(
      `The chromadb package takes no ${server.caFile ? '--ca-file' : '--insecure'}`,
      { hints: ['export NODE_EXTRA_CA_CERTS=FILE', 'aibench chroma bench --client raw'] },
    )
  const target = await targetOf(context, {
    ...{ service: 'chroma', name: request.name, server },
    neededMs: neededMs(plan),
    shorter: 'aibench chroma bench --duration 2s --repeats 1',
  })
  const provenance = await provenanceOf(context, target)
  context.progress.note(header(plan, target, provenance))
  warnIfInsecure(context, server)
  const run = await openRun(context, 'chroma', target, {
    subject: describePlan(plan)[0],
    load: describePlan(plan)[2],
  })
  const drawer = new BenchDrawer(context)
  const worker = [process.execPath, join(context.environment.installDir, 'dist/worker.js')]
  return runBenchmark(context, {
    run,
    target,
    call: async () => ({
      argv: target.beside(worker),
      order: orderFor(context, { plan: { ...plan, server }, target, run, provenance }),
      result: VectorResultSchema,
      onEvent: (event: VectorEvent) => drawer.show(event),
    }),
    judged: (result) => judgedOf(plan, result),
    summary: summaryLine,
    figures: figuresOf,
  })
}

/** What is going to be measured, said before anything is. */
function header(plan: VectorPlan, target: Target, provenance: Record<string, unknown>): string {
  const { profile } = provenance
  return [
    'chroma bench',
    target.label,
    ...describePlan(plan),
    typeof profile === 'string' && `profile ${profile}`,
    describeHardware(provenance),
  ]
    .filter(Boolean)
    .join(' · ')
}

function orderFor(
  context: Context,
  parts: { plan: VectorPlan; target: Target; run: Run; provenance: Record<string, unknown> },
): VectorConfig {
  const { plan, target, run, provenance } = parts
  return {
    kind: 'vectors',
    plan,
    url: target.url,
    tokenFile: target.tokenFile,
    ...(target.server ? { access: target.server } : {}),
    path: target.path,
    instance: target.observation?.instance.name ?? null,
    serverPid: target.serverPid,
    runDir: run.dir,
    cacheDir: join(context.environment.cacheDir, 'ground-truth'),
    collection: `aibench-${run.id}-${shortId(6)}`,
    runId: run.id,
    provenance: { ...provenance, ...foreignRecord('chroma', run.id, target.server) },
  }
}
