import type { RemoteWorkerConfig } from '../../../src/lib/instrument/load/remote-protocol.js'
import { measuringProcess, type Work } from '../../../src/lib/instrument/process/worker.js'
import type { VectorConfig } from '../../../src/lib/instrument/vectors/plan.js'
import { runVectorRemote, type QueryContext } from '../../../src/lib/instrument/vectors/remote.js'
import { runVectorBench } from '../../../src/lib/instrument/vectors/run.js'
import { TOY } from './protocol.js'

/** The measuring process of a product that has the toy among its databases. */
const protocols = { toy: TOY }
const vectors: Work = {
  lead: (config, io) => runVectorBench({ ...io, config: config as VectorConfig }, protocols),
  assist: (remote, signal) =>
    runVectorRemote(remote as RemoteWorkerConfig<VectorConfig, QueryContext>, signal, protocols),
}
await measuringProcess({ vectors: () => Promise.resolve(vectors) }, process.argv[1])
