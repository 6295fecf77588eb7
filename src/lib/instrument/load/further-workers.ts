import { phase, type EmitPhase } from './phase.js'
import {
  startRemoteWorkers,
  type RemoteWorkerEvents,
  type RemoteWorkerProcess,
} from './remote-worker-process.js'
import type { LoadSample } from './workload.js'

/** The caller has had enough, or a worker is lost, and then with the reason. */
export function brokenBy(signal: AbortSignal): AbortController {
  const broken = new AbortController()
  const stop = () => broken.abort()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  return broken
}

/** All workers but this one; none of a run with one worker. @param program the worker's own, for those that are to run here */
export async function furtherWorkers<
  Repeat,
  Sample extends LoadSample,
  Config extends { runDir: string; workers: readonly (readonly string[])[] },
>(
  count: number,
  common: { of: string; config: Config; context: unknown },
  program: string | undefined,
  emit: EmitPhase,
  on: RemoteWorkerEvents<Sample>,
): Promise<RemoteWorkerProcess<Repeat>[]> {
  if (count === 1) return []
  return phase(emit, 'workers', async () => {
    const all = await startRemoteWorkers<Repeat, Sample, Config>(count, common, program!, on)
    return [all, `${count}, started together`]
  })
}
