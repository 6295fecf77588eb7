import type { Outcome, Reason } from '../contract.js'
import type { LocalJob } from './registry.js'

/** Killed by us, or by somebody: the receipt, where there is one, knows better. */
export function outcomeOf({ cancelled }: LocalJob): Outcome {
  return cancelled
    ? { kind: 'cancelled', exitCode: null, signal: 'KILL' }
    : { kind: 'failed', exitCode: null, signal: null }
}

/** Of a job of another machine that shares this folder. */
export function elsewhere(host: string): Reason {
  return {
    raw: 'elsewhere',
    plain: `it runs as a local process on ${host}, and can only be seen from there`,
    next: `ssh ${host}`,
    hopeless: false,
  }
}
