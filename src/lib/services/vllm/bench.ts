import { join } from 'node:path'
import {
  type InferenceEvent,
  type InferenceOrder,
  type InferencePlan,
} from '../../bench/inference/plan.js'
import { InferenceResultSchema, type InferenceResult } from '../../bench/inference/result.js'
import type { Run } from '../../state/schema.js'
import { conduct } from '../benchmark/conduct.js'
import { openRun } from '../benchmark/run-record.js'
import { provenanceOf, targetOf, type Target } from '../benchmark/target.js'
import type { Context } from '../contract.js'
import type { InferenceBenchRequest } from './reports.js'
import { neededMs, planOf } from './bench-plan.js'
import { apart, beside, type Placement } from './client-nodes.js'
import { InferenceDrawer } from './bench-progress.js'
import { judgedOf, summaryLine } from './bench-verdict.js'

/**
 * Benchmarks a vLLM server, or any that speaks its API, from worker processes next to it.
 * @throws ThresholdError, InstrumentError or JobFailedError with the result as `data` when it was measured but is no success
 */
export async function benchVllm(
  context: Context,
  request: InferenceBenchRequest,
): Promise<InferenceResult> {
  const plan = await planOf(context, request)
  const target = await targetOf(context, {
    ...{ service: 'vllm', name: request.name, url: request.url, tokenFile: request.apiKeyFile },
    neededMs: neededMs(plan),
    shorter: 'aibench vllm bench --num-prompts 100',
  })
  const worker = [process.execPath, join(context.environment.installDir, 'dist/worker.js')]
  const nodes = request.clientNodes ?? 0
  const place =
    nodes > 0
      ? apart(context, target, worker, { nodes, clients: plan.clients })
      : beside(target, worker)
  const run = await openRun(context, 'vllm', target)
  const drawer = new InferenceDrawer(context)
  return conduct(context, {
    run,
    target,
    call: async () => ({
      argv: place.lead,
      order: await orderFor(context, { plan, target, place, run, request }),
      result: InferenceResultSchema,
      onEvent: (event: InferenceEvent) => {
        drawer.show(event)
        if (event.type !== 'failed') request.onEvent?.(event)
      },
    }),
    judged: (result) => judgedOf(plan, result),
    summary: summaryLine,
  })
}

async function orderFor(
  context: Context,
  parts: {
    plan: InferencePlan
    target: Target
    place: Placement
    run: Run
    request: InferenceBenchRequest
  },
): Promise<InferenceOrder> {
  const { plan, target, place, run, request } = parts
  const { instance } = target.observation ?? {}
  return {
    kind: 'inference',
    plan,
    url: place.url,
    tokenFile: place.tokenFile,
    model: request.servedModelName ?? null,
    serverPid: place.serverPid,
    workers: place.followers.map((argv) => [...argv]),
    runDir: run.dir,
    runId: run.id,
    provenance: {
      ...(await provenanceOf(context, target)),
      simulated: Boolean(instance?.options.simulate),
    },
  }
}
