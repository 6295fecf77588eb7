import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { accessOf } from '../http/access.js'
import type { RemoteWorkerConfig } from '../load/remote-protocol.js'
import { runRemoteWorker, sayToLeader } from '../load/remote-worker.js'
import { tellsOf } from '../load/growth.js'
import { Worker } from '../load/worker.js'
import { connect } from './connect.js'
import { bytesOf, type Dataset } from './dataset.js'
import type { Collection } from './engine.js'
import type { VectorConfig } from './plan.js'
import type { Protocols } from './engine.js'
import { QueryWorkload } from './workload.js'

/** What the leader tells another worker: the queries are in a file, since that has no vectors of its own. */
export interface QueryContext {
  collection: Collection
  dim: number
  /** Float32, in rows. */
  queriesFile: string
}

/** Puts the queries where the other workers find them. */
export async function shareQueries(
  { runDir }: VectorConfig,
  { queries, dim }: Dataset,
  collection: Collection,
): Promise<QueryContext> {
  const queriesFile = join(runDir, 'queries.f32')
  await writeFile(queriesFile, bytesOf(queries), { mode: 0o600 })
  return { collection, dim, queriesFile }
}

/** A further worker of a vector benchmark, which makes its part of every level. */
export async function runVectorRemote(
  { config, context, shard }: RemoteWorkerConfig<VectorConfig, QueryContext>,
  signal: AbortSignal,
  protocols: Protocols,
): Promise<void> {
  const { engine } = await connect(config, await accessOf(config), protocols)
  engine.open(context.collection)
  const bytes = await readFile(context.queriesFile)
  const queries = new Float32Array(Uint8Array.from(bytes).buffer)
  const workload = new QueryWorkload(engine, config.plan)
  workload.encode(queries, context.dim)
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
  engine.close()
}
