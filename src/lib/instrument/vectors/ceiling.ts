import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { removeTree } from '../../platform/files.js'
import { startNullServer } from '../http/null-server.js'
import { Worker } from '../load/worker.js'
import type { VectorProtocol } from './engine.js'
import { closedLevel, type LevelRepeat } from './levels.js'
import type { VectorConfig } from './plan.js'
import { QueryWorkload } from './workload.js'

const MEASURED_MS = 500

/**
 * Queries of these dimensions that one core of this client could do a second, with all that a worker does for each, against a server that
 * does nothing: by CPU time, since that server may well be the slower of the two. Null where nobody can say: a client library is what is
 * measured then. @param program the worker's own; absent where there is no need to calibrate
 */
export async function queryCeiling(
  protocol: VectorProtocol,
  { plan, runDir }: VectorConfig,
  dim: number,
  { program, signal }: { program?: string; signal: AbortSignal },
): Promise<number | null> {
  if (!program || plan.client === 'sdk') return null
  const answer = { pieces: [protocol.nullAnswer(plan.k)], isPaced: false }
  using server = await startNullServer(program, answer)
  const engine = protocol.engine({ url: server.url, headers: {}, token: null, trust: null })
  const workload = new QueryWorkload(engine, { ...plan, durationMs: MEASURED_MS })
  workload.encode(
    Float32Array.from({ length: dim }, (_, d) => Math.sin(d)),
    dim,
  )
  // A worker has a folder for its records; nothing of this is kept.
  const folder = join(runDir, 'calibration')
  await mkdir(folder, { mode: 0o700 })
  const [shard, emit] = [{ index: 0, of: 1 }, () => undefined]
  const worker = new Worker({ workload, runDir: folder, shard, emit, signal })
  const level = closedLevel(Math.max(...plan.concurrency))
  const repeat: LevelRepeat = { level, repeat: 0, isWarmUp: false }
  const round = async () => {
    const begin = await worker.prepare(repeat, false)
    const before = process.cpuUsage()
    const { table } = await begin(performance.now())
    const { user, system } = process.cpuUsage(before)
    return table.values((row) => (table.isOk(row) ? 1 : NaN)).length / ((user + system) / 1e6)
  }
  // The first is for the compiler.
  await round()
  const perCpuSecond = await round()
  await worker.close()
  engine.close()
  await removeTree(folder)
  return perCpuSecond > 0 ? perCpuSecond : null
}
