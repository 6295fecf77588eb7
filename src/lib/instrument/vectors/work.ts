import * as v from 'valibot'
import type { RemoteWorkerConfig } from '../load/remote-protocol.js'
import type { Work } from '../process/worker.js'
import type { Protocols } from './engine.js'
import { VectorConfigSchema, type VectorConfig } from './plan.js'
import { runVectorRemote, type QueryContext } from './remote.js'
import { runVectorBench } from './run.js'

/** What measures vector databases that speak one of these. */
export function vectorWork(protocols: Protocols): Work {
  return {
    lead: (config, io) =>
      runVectorBench({ ...io, config: v.parse(VectorConfigSchema, config) }, protocols),
    assist: (remote, signal) =>
      runVectorRemote(remote as RemoteWorkerConfig<VectorConfig, QueryContext>, signal, protocols),
  }
}
