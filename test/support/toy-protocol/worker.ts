import { readFile } from 'node:fs/promises'
import { serveNothing } from '../../../src/lib/instrument/http/null-server.js'
import type { RemoteWorkerConfig } from '../../../src/lib/instrument/load/remote-protocol.js'
import { runRemoteWorker, sayToLeader } from '../../../src/lib/instrument/load/remote-worker.js'
import { Worker } from '../../../src/lib/instrument/load/worker.js'
import { ToyWorkload, type ToyConfig } from './protocol.js'

/** The program of a further worker of the toy. */
async function main(file: string): Promise<void> {
  const text = await readFile(file, 'utf8')
  const { config, shard } = JSON.parse(text) as RemoteWorkerConfig<ToyConfig, null>
  const stopping = new AbortController()
  process.on('SIGUSR2', () => stopping.abort())
  const workload = new ToyWorkload(config)
  const { runDir } = config
  const { signal } = stopping
  const worker = new Worker({
    workload,
    runDir,
    shard,
    emit: sayToLeader,
    tell: sayToLeader,
    signal,
  })
  await runRemoteWorker(worker, runDir, shard)
}

if (process.argv[2] === '--null-server') serveNothing()
else await main(process.argv[2])
