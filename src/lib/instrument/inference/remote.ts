import { accessOf } from '../http/access.js'
import type { RemoteWorkerConfig } from '../load/remote-protocol.js'
import { runRemoteWorker, sayToLeader } from '../load/remote-worker.js'
import { tellsOf } from '../load/growth.js'
import { Worker } from '../load/worker.js'
import type { InferenceConfig } from './plan.js'
import type { ServerInfo } from './preflight.js'
import { InferenceWorkload } from './workload.js'

/** A further worker of an inference benchmark, which makes its part of every repeat. */
export async function runInferenceRemote(
  { config, context, shard }: RemoteWorkerConfig<InferenceConfig, ServerInfo>,
  signal: AbortSignal,
): Promise<void> {
  const workload = await InferenceWorkload.load(config, context, await accessOf(config))
  const { runDir } = config
  const worker = new Worker({
    workload,
    runDir,
    shard,
    emit: sayToLeader,
    signal,
    ...tellsOf(config, sayToLeader),
  })
  await runRemoteWorker(worker, runDir, shard)
}
