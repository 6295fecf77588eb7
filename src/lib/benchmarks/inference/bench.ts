import { join } from 'node:path'
import { describeHardware } from '../../platform/hardware-text.js'
import { describePlan } from '../../instrument/inference/describe.js'
import {
  type InferenceEvent,
  type InferenceConfig,
  type InferencePlan,
} from '../../instrument/inference/plan.js'
import { InferenceResultSchema, type InferenceResult } from '../../instrument/inference/result.js'
import type { Run } from '../../state/schema.js'
import { foreignRecord, serverOf, warnIfInsecure } from '../foreign.js'
import { runBenchmark } from '../run-benchmark.js'
import { openRun } from '../run-record.js'
import { provenanceOf, targetOf } from '../find-target.js'
import type { Target } from '../target.js'
import type { Context } from '../../jobs/contract.js'
import type { HardwareReport } from '../../jobs/hardware.js'
import type { InferenceBenchRequest } from '../../services/vllm/reports.js'
import { neededMs, planOf } from './plan-from-request.js'
import { ownAllocation, asStep, type Placement } from '../placement.js'
import { InferenceDrawer } from './progress.js'
import { figuresOf, judgedOf, summaryLine } from './verdict.js'
import { servedNameOf } from '../../services/vllm/served-name.js'
import type { VllmOptions } from '../../services/vllm/options.js'

/**
 * Benchmarks a vLLM server, or any that speaks its API, from worker processes next to it.
 * @throws ThresholdError, InstrumentError or JobFailedError with the result as `data` when it was measured but is no success
 */
export async function benchVllm(
  context: Context,
  request: InferenceBenchRequest,
): Promise<InferenceResult> {
  const plan = await planOf(context, request)
  const server = serverOf(context, 'vllm', request, plan)
  const target = await targetOf(context, {
    ...{ service: 'vllm', name: request.name, server },
    neededMs: neededMs(plan),
    shorter: 'aibench vllm bench --num-prompts 100',
  })
  const worker = [process.execPath, join(context.environment.installDir, 'dist/worker.js')]
  warnIfInsecure(context, server)
  const nodes = request.clientNodes ?? 0
  const place =
    nodes > 0
      ? ownAllocation(context, target, worker, { nodes, clients: plan.clients })
      : asStep(target, worker)
  const provenance = await provenanceOf(context, target)
  context.progress.note(header({ plan, target, provenance, request }))
  const run = await openRun(context, 'vllm', target, {
    subject: modelFor(target, request) ?? undefined,
    load: describePlan(plan)[0],
  })
  const drawer = new InferenceDrawer(context)
  return runBenchmark(context, {
    run,
    target,
    call: async () => ({
      argv: place.lead,
      ...(place.startDeadlineMs ? { startDeadlineMs: place.startDeadlineMs } : {}),
      order: orderFor({
        ...{ target, place, run, request, provenance },
        plan: { ...plan, server },
      }),
      result: InferenceResultSchema,
      onEvent: (event: InferenceEvent) => {
        drawer.show(event)
        if (event.type !== 'failed') request.onEvent?.(event)
      },
    }),
    judged: (result) => judgedOf(plan, result),
    summary: summaryLine,
    figures: figuresOf,
  })
}

interface Parts {
  plan: InferencePlan
  target: Target
  request: InferenceBenchRequest
  provenance: Record<string, unknown>
}

/** What is going to be measured, said before anything is. */
function header({ plan, target, provenance, request }: Parts): string {
  const { instance } = target.observation ?? {}
  const model = modelFor(target, request)
  const where = describeHardware(provenance)
  return [
    'vllm bench',
    (instance?.options.simulate || target.simulated) && 'SIMULATED: not real performance',
    target.label === model ? null : target.label,
    [model, where].filter(Boolean).join(' on '),
    ...describePlan(plan),
  ]
    .filter(Boolean)
    .join(' · ')
}

/** Null where only the server knows. */
function modelFor({ observation }: Target, request: InferenceBenchRequest): string | null {
  if (request.servedModelName) return request.servedModelName
  return observation && servedNameOf(observation.instance.options as VllmOptions)
}

function orderFor(parts: Parts & { place: Placement; run: Run }): InferenceConfig {
  const { plan, target, place, run, request, provenance } = parts
  const { instance } = target.observation ?? {}
  return {
    kind: 'inference',
    plan,
    url: place.url,
    tokenFile: place.tokenFile,
    ...(target.server ? { access: target.server } : {}),
    path: place.path,
    model: request.servedModelName ?? null,
    instance: instance?.name ?? null,
    serverPid: place.serverPid,
    gpuIds: (provenance.hardware as HardwareReport | null | undefined)?.gpuIds.slice() ?? null,
    workers: place.followers.map((argv) => [...argv]),
    runDir: run.dir,
    runId: run.id,
    provenance: {
      ...provenance,
      ...foreignRecord('vllm', run.id, target.server),
      simulated: Boolean(instance?.options.simulate) || target.simulated,
    },
  }
}
