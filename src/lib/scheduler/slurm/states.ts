import type { JobState, OutcomeKind } from '../contract.js'

/**
 * Slurm's compact job states. One that this list does not know becomes `unknown`, never `ended`.
 * Source: squeue(1), JOB STATE CODES, Slurm 22.05 to 26.05.
 */
interface StateMeaning {
  state: JobState
  outcome?: OutcomeKind
}

const STATES: Readonly<Record<string, StateMeaning>> = {
  PD: { state: 'pending' },
  CF: { state: 'configuring' },
  R: { state: 'running' },
  CG: { state: 'completing' },
  S: { state: 'suspended' },
  ST: { state: 'suspended' },
  SI: { state: 'running' },
  SO: { state: 'completing' },
  RS: { state: 'running' },
  RQ: { state: 'pending' },
  RF: { state: 'pending' },
  RH: { state: 'held' },
  RD: { state: 'held' },
  SE: { state: 'held' },
  CD: { state: 'ended', outcome: 'completed' },
  F: { state: 'ended', outcome: 'failed' },
  CA: { state: 'ended', outcome: 'cancelled' },
  TO: { state: 'ended', outcome: 'timeout' },
  DL: { state: 'ended', outcome: 'timeout' },
  OOM: { state: 'ended', outcome: 'out-of-memory' },
  NF: { state: 'ended', outcome: 'node-failed' },
  BF: { state: 'ended', outcome: 'node-failed' },
  PR: { state: 'ended', outcome: 'preempted' },
  RV: { state: 'ended', outcome: 'cancelled' },
}

/** A pending job with a hold among its reasons is held. */
export function meaningOfState(code: string, reason: string): StateMeaning {
  const meaning = STATES[code] ?? { state: 'unknown' as const }
  return meaning.state === 'pending' && /^JobHeld/.test(reason) ? { state: 'held' } : meaning
}

/** The long words of `scontrol show job`; one that is not known stays as it is, which no compact code is like. */
const CODES: Readonly<Record<string, string>> = {
  PENDING: 'PD',
  CONFIGURING: 'CF',
  RUNNING: 'R',
  COMPLETING: 'CG',
  SUSPENDED: 'S',
  STOPPED: 'ST',
  SIGNALING: 'SI',
  STAGE_OUT: 'SO',
  RESIZING: 'RS',
  REQUEUED: 'RQ',
  REQUEUE_FED: 'RF',
  REQUEUE_HOLD: 'RH',
  RESV_DEL_HOLD: 'RD',
  SPECIAL_EXIT: 'SE',
  COMPLETED: 'CD',
  FAILED: 'F',
  CANCELLED: 'CA',
  TIMEOUT: 'TO',
  DEADLINE: 'DL',
  OUT_OF_MEMORY: 'OOM',
  NODE_FAIL: 'NF',
  BOOT_FAIL: 'BF',
  PREEMPTED: 'PR',
  REVOKED: 'RV',
}

export function codeOfState(word: string): string {
  return CODES[word] ?? word
}
