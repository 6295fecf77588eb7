import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { writeJson } from '../../platform/files.js'
import type { Growth } from '../process/worker-events.js'
import { fromHr, hrMs, type RemoteOrder, type RemoteReply } from './remote-protocol.js'
import type { Shard } from './schedule.js'
import type { Begin, Preparing } from './worker.js'
import { WorkerMeter } from './worker-meter.js'
import type { LoadSample, Tally } from './workload.js'

/** Says a line to the leader. */
export function sayToLeader(reply: RemoteReply | LoadSample | Growth): void {
  process.stdout.write(JSON.stringify(reply) + '\n')
}

/** A worker that makes its part of every repeat when the leader says so, and hands over what it measured as a file. */
export async function runRemoteWorker<Repeat>(
  worker: Preparing<Repeat, Tally<never, never>>,
  runDir: string,
  shard: Shard,
): Promise<void> {
  sayToLeader({ type: 'ready' })
  let repeats = 0
  let prepared: { begin: Begin<Tally<never, never>>; isMeasured: boolean } | null = null
  const start = async (startMs: number): Promise<RemoteReply> => {
    const { begin, isMeasured } = prepared!
    const meter = new WorkerMeter()
    const outcome = await begin(fromHr(startMs))
    if (!isMeasured) return { type: 'warmed-up' }
    const file = join(runDir, `worker-${shard.index}-repeat-${repeats++}.json`)
    await writeJson(file, { ...outcome, usage: meter.read() })
    return { type: 'outcome', file }
  }
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line) as RemoteOrder<Repeat>
    if (order.type === 'end') break
    if (order.type === 'clock') sayToLeader({ type: 'clock', n: order.n, hrMs: hrMs() })
    else if (order.type === 'start') sayToLeader(await start(order.startMs))
    else {
      const { repeat, isMeasured } = order
      prepared = { begin: await worker.prepare(repeat, isMeasured), isMeasured }
      sayToLeader({ type: 'prepared' })
    }
  }
  await worker.close()
  // The leader keeps its end open until we are gone.
  process.stdin.destroy()
}
