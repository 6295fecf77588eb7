import { readFile } from 'node:fs/promises'
import { serveNothing } from '../../../src/lib/instrument/http/null-server.js'
import type { RemoteWorkerConfig } from '../../../src/lib/instrument/load/remote-protocol.js'
import type { VectorConfig } from '../../../src/lib/instrument/vectors/plan.js'
import { runVectorRemote, type QueryContext } from '../../../src/lib/instrument/vectors/remote.js'
import { runVectorBench } from '../../../src/lib/instrument/vectors/run.js'
import { TOY } from './protocol.js'

/** The worker of a product that has the toy among its databases: the null server, a further worker, or the one that leads. */
const file = process.argv[2]
if (file === '--null-server') serveNothing()
else {
  const stop = new AbortController()
  process.on('SIGUSR2', () => stop.abort(new Error('told to')))
  const { signal } = stop
  const config = JSON.parse(await readFile(file, 'utf8')) as
    RemoteWorkerConfig<VectorConfig, QueryContext> | (VectorConfig & { of?: undefined })
  if (config.of !== undefined) await runVectorRemote(config, signal, { toy: TOY })
  else
    await runVectorBench(
      { order: config, emit: () => undefined, signal, program: process.argv[1] },
      { toy: TOY },
    )
  process.exit()
}
