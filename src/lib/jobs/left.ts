import { commandOn, withRemark } from '../platform/command-line.js'
import { InterruptedError } from '../platform/errors.js'
import type { Context } from './contract.js'
import { describeInstance } from './describe.js'
import type { Observation } from './observation.js'

/**
 * Waits for an instance; when the user stops waiting, the error says what goes on without them, and how to wait for it or end it.
 * @param seen what was observed last
 * @throws what `wait` throws, and InterruptedError with the instance as `data`
 */
export async function sayingWhatIsLeft<T>(
  context: Context,
  seen: () => Observation | undefined,
  wait: () => Promise<T>,
): Promise<T> {
  try {
    return await wait()
  } catch (error) {
    const observation = seen()
    if (!context.signal.aborted || !observation) throw error
    throw InterruptedError.of(
      context.signal,
      {
        hints: waysOn(observation),
        data: describeInstance(context, observation),
      },
      leftBehind(observation),
    )
  }
}

/** `job 4 is still queued: it goes on, and bills`. */
function leftBehind({ instance }: Observation): string {
  const { scheduler, jobId, phase, name, allocation } = instance
  if (phase === 'ended') return `${name} has ended`
  const isJob = scheduler === 'slurm' && allocation === null
  const what = isJob && jobId !== null ? `job ${jobId}` : name
  const bills = isJob ? ', and bills' : ''
  const isQueued = phase === 'intended' || phase === 'held' || phase === 'submitted'
  const state = isQueued && scheduler === 'slurm' ? 'still queued' : PLAIN_PHASE[phase]
  return `${what} is ${state}: it goes on${bills}`
}

const PLAIN_PHASE = {
  intended: 'starting',
  held: 'starting',
  submitted: 'starting',
  starting: 'starting',
  ready: 'running',
  running: 'running',
  stopping: 'stopping',
} as const

function waysOn({ instance }: Observation): string[] {
  if (instance.phase === 'ended') return [commandOn(instance, 'logs')]
  return [
    withRemark(commandOn(instance, 'check', '--wait'), 'wait on'),
    withRemark(commandOn(instance, 'stop'), 'cancel'),
  ]
}
