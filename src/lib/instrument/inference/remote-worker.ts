import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { writeJson } from '../../platform/files.js'
import { accessOf } from '../http/access.js'
import { Worker, type Begin } from './worker.js'
import {
  fromHr,
  hrMs,
  type RemoteWorkerConfig,
  type RemoteReply,
  type RemoteOrder,
} from './coordinator.js'
import { WorkerMeter } from './worker-meter.js'

/** A worker that does its share of every pass when the lead says so, and hands over what it measured as a file. */
export async function runRemoteWorker(
  brief: RemoteWorkerConfig,
  signal: AbortSignal,
): Promise<void> {
  const { order, facts, share } = brief
  const say = (answer: RemoteReply) => void process.stdout.write(JSON.stringify(answer) + '\n')
  const crew = await Worker.assemble({
    ...{ order, facts, share, signal },
    access: await accessOf(order),
    emit: say,
  })
  say({ type: 'ready' })
  let passes = 0
  let prepared: { begin: Begin; isMeasured: boolean } | null = null
  const start = async (startMs: number): Promise<RemoteReply> => {
    const { begin, isMeasured } = prepared!
    const meter = new WorkerMeter()
    const outcome = await begin(fromHr(startMs))
    if (!isMeasured) return { type: 'warmed-up' }
    const file = join(order.runDir, `worker-${share.index}-pass-${passes++}.json`)
    await writeJson(file, { ...outcome, usage: meter.read() })
    return { type: 'outcome', file }
  }
  for await (const line of createInterface({ input: process.stdin })) {
    const told = JSON.parse(line) as RemoteOrder
    if (told.type === 'end') break
    if (told.type === 'clock') say({ type: 'clock', n: told.n, hrMs: hrMs() })
    else if (told.type === 'start') say(await start(told.startMs))
    else {
      prepared =
        told.type === 'pass'
          ? { begin: await crew.prepare(told.pass), isMeasured: true }
          : { begin: await crew.prepareWarmUp(), isMeasured: false }
      say({ type: 'prepared' })
    }
  }
  await crew.close()
  // The lead keeps its end open until we are gone.
  process.stdin.destroy()
}
