import * as v from 'valibot'
import type { RemoteWorkerConfig } from '../load/remote-protocol.js'
import type { Work } from '../process/worker.js'
import { VectorConfigSchema, type VectorConfig } from './plan.js'
import { runVectorRemote, type QueryContext } from './remote.js'
import { runVectorBench } from './run.js'

export const work: Work = {
  lead: (config, io) => runVectorBench({ ...io, config: v.parse(VectorConfigSchema, config) }),
  assist: (remote, signal) =>
    runVectorRemote(remote as RemoteWorkerConfig<VectorConfig, QueryContext>, signal),
}
