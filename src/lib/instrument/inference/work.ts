import * as v from 'valibot'
import type { RemoteWorkerConfig } from '../load/remote-protocol.js'
import type { Work } from '../process/worker.js'
import { InferenceConfigSchema, type InferenceConfig } from './plan.js'
import type { ServerInfo } from './preflight.js'
import { runInferenceRemote } from './remote.js'
import { runInferenceBench } from './run.js'

export const work: Work = {
  lead: (config, io) =>
    runInferenceBench({ ...io, config: v.parse(InferenceConfigSchema, config) }),
  assist: (remote, signal) =>
    runInferenceRemote(remote as RemoteWorkerConfig<InferenceConfig, ServerInfo>, signal),
}
