import type { RunPlan } from '../run-plan.js'

/** What is known of a run while it goes on, from the files of its run directory alone. Times are ms since 1970. */

/** What the job does, in order. Written by the job, see `files.ts`. */
export const STAGES = ['probing', 'launcher', 'layout', 'running', 'cleaning'] as const
export type Stage = (typeof STAGES)[number]

export interface LiveState {
  /** What was asked for; null where it can't be read. */
  plan: RunPlan | null
  /** `starting`: the job has not said anything yet; `done`: it has left its receipt. */
  stage: 'starting' | Stage | 'done'
  /** What the stage is at, in the job's words: `2 of 4 nodes`; empty where it says nothing. */
  text: string
  /** When the stage began; null before the first. */
  sinceMs: number | null
  /** Of the job's clock, as near as it can be told: the reader's may be another. */
  nowMs: number
  /** The one that is running, counted from 1. */
  repeat: number
  repeats: number
  /** The phase that is running; null between the phases, and of a program that has none. */
  phase: LivePhase | null
  /** Those of this repeat that have ended, in order. */
  done: readonly DonePhase[]
  /** How many there are of this repeat, those that are not scored too. */
  phases: number
  /** Sorted by name; empty where nothing was sampled. */
  nodes: readonly NodeRates[]
  /** Of all nodes; null where no node could be measured in the last seconds. */
  rates: Rates | null
  /** What the ranks of all nodes did since this repeat began, as far as it was sampled; null where nothing was. */
  counts: Counts | null
  /** Share of the whole run that is done, 0 to 1; null where it can't be told. */
  share: number | null
  /** Until the last repeat ends; null where it can't be told. */
  remaining: Remaining | null
}

export interface LivePhase {
  name: string
  /** Counted from 1. */
  index: number
  startedAtMs: number
  elapsedMs: number
  /** Of a phase that goes on at least until a wall; null of others. */
  stonewall: Stonewall | null
  /** What of the rates tells how it goes; `none`: nothing that can be seen from outside does, as of stat and find. */
  measure: Measure
}

/** `files`: created or removed, from the inodes of the file system; calls and bytes are those of the ranks. */
export type Measure =
  'writeBytes' | 'readBytes' | 'writeCalls' | 'readCalls' | 'filesCreated' | 'filesRemoved' | 'none'

export interface Stonewall {
  wallMs: number
  /** Elapsed of the wall, 0 to 1. */
  share: number
  /** After the wall every rank does as much as the fastest had done by then. Null before. */
  wearOut: {
    sinceMs: number
    /** The rate now of the mean before the wall. */ share: number | null
  } | null
}

export interface DonePhase {
  name: string
  index: number
  value: number | null
  unit: 'GiB/s' | 'kIOPS'
  seconds: number | null
  isMarkedInvalid: boolean
}

/** Over the last seconds, per second. */
export interface Rates {
  readBytes: number
  writeBytes: number
  readCalls: number
  writeCalls: number
  /** Change of the used inodes, also by others: negative while files are removed. Null where it is not sampled. */
  files: number | null
}

/** Sums; the inodes are those that are used on the whole file system, null where they are not sampled. */
export interface Counts {
  readBytes: number
  writeBytes: number
  readCalls: number
  writeCalls: number
  inodesUsed: number | null
}

export interface NodeRates extends Rates {
  node: string
  /** Processes of the run seen there at last. */
  ranks: number
  /** Nothing was heard of it for some time: its rates are not in the sums. */
  isSilent: boolean
}

export interface Remaining {
  p10Ms: number
  p50Ms: number
  p90Ms: number
}
