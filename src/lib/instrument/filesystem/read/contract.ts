/**
 * What can be read out of the files of IO500, IOR and mdtest, whatever made them and whatever became of them.
 * Null is what the files do not tell. Text is as others wrote it: it goes through platform/printable before a terminal sees it.
 */

import type { Config } from '../ini/ini.js'
import type { PhaseUnit, RunMode } from '../phases.js'

/** What was found at a path, and what was passed over or could not be read to its end. */
export interface Reading {
  results: ReadResult[]
  notes: Note[]
}

export interface Note {
  file: string
  /** `is larger than 16 MiB: its middle was not read` */
  text: string
}

/** A result and where it was found. One file may hold several, one directory as well. */
export type ReadResult =
  | { kind: 'io500'; source: string; run: Io500Run }
  | { kind: 'ior'; source: string; report: IorReport }
  | { kind: 'mdtest'; source: string; report: MdtestReport }

/** `bash`: io-500-dev, 2017 to 2019 · `isc20`: the first programs in C, up to sc20 · `io500`: since 2021. */
export type Generation = 'bash' | 'isc20' | 'io500'

export interface Io500Run {
  generation: Generation
  version: string | null
  mode: RunMode | null
  procs: number | null
  nodes: number | null
  /** Local time without a zone, `2026-11-23 14:27:02`, as written. */
  startedAt: string | null
  endedAt: string | null
  configHash: string | null
  resultDir: string | null
  /** In the order in which they ran; a phase that began and did not end has no value. Unknown phases are kept. */
  phases: PhaseRecord[]
  score: ScoreRecord | null
  /** SCOREX of the extended mode. */
  extendedScore: ScoreRecord | null
  messages: Message[]
  /** The effective values (config.ini), or where that is not there what was asked for (config-orig.ini, `isEffective` false). */
  config: Config | null
  isConfigEffective: boolean
  /** The same as pairs in the spelling and order of the file, for the hash. */
  configPairs: readonly (readonly [name: string, value: string])[]
  /** What the files say about one thing in two ways: result.txt and the summary, or one key of one section twice. */
  conflicts: Conflict[]
  /** Lines of result.txt that are none of its grammar: a hand, two writers, or a disk did it. */
  damage: Evidence[]
  /** Neither a score nor an end was found: the run was killed, is still going, or the files were cut. */
  truncated: boolean
  death: Death | null
  /** Relative to what was read, `/` between names. */
  files: string[]
}

export interface PhaseRecord {
  /** The name of today where it is known, else as written. */
  name: string
  value: number | null
  /** GB/s of old results is GiB/s by its numbers: the label was wrong, not the value. */
  unit: PhaseUnit
  seconds: number | null
  startedAt: string | null
  endedAt: string | null
  /** As IO500 marked it, in any of the files. */
  isMarkedInvalid: boolean
  exe: string | null
  /** Every other key of its section in result.txt. */
  values: Record<string, string>
  ior?: IorReport
  mdtest?: MdtestReport
}

export interface ScoreRecord {
  bandwidthGiBPerSecond: number
  metadataKiops: number
  total: number
  isMarkedInvalid: boolean
  hash: string | null
}

export interface Message {
  level: 'invalid' | 'fatal' | 'error' | 'warning'
  phase: string | null
  text: string
  file: string
  line: number
}

export interface Evidence {
  file: string
  /** From 1. */
  line: number
  text: string
}

/** The first value is the one that the record has. */
export interface Conflict {
  phase: string | null
  /** `value`, `seconds`, `total`, `hash`, `procs`, … */
  key: string
  before: string
  /** Where it is said otherwise; the text is the other value. */
  after: Evidence
}

export type DeathCause =
  | 'no-space'
  | 'quota'
  | 'permission'
  | 'no-directory'
  | 'missing-file'
  | 'time-limit'
  | 'cancelled'
  | 'node-lost'
  | 'out-of-memory'
  | 'killed'
  | 'api-missing'
  | 'api-without-mdtest'
  | 'crash'
  | 'block-size'
  | 'odirect'
  | 'configuration'
  | 'launcher'
  | 'input-output'
  | 'mpi-abort'
  | 'unknown'

/** How a run ended that has no score. */
export interface Death {
  /** Null: before the first phase. */
  phase: string | null
  cause: DeathCause
  /** The line that tells, and where it is; null when nothing tells. */
  evidence: Evidence | null
}

export interface IorReport {
  version: string | null
  command: string | null
  /** As written, `Mon Nov 23 14:27:02 2026`. */
  startedAt: string | null
  endedAt: string | null
  machine: string | null
  /** The lines under `Options:` by name: nodes, tasks, xfersize, … */
  options: Record<string, string>
  nodes: number | null
  tasks: number | null
  tasksPerNode: number | null
  transferBytes: number | null
  blockBytes: number | null
  aggregateBytes: number | null
  /** One a repetition. */
  results: IorMeasure[]
  /** `stonewalling pairs accessed` lines, as often as the clock stopped a phase. */
  stonewalls: IorStonewall[]
  fileSystem: FileSystemUse | null
  warnings: Evidence[]
  isComplete: boolean
  /** The JSON had lines in it that are none, and was read without them. */
  isRepaired: boolean
}

export interface IorMeasure {
  /** `write`, `read`, `remove` */
  access: string
  bandwidthMiBPerSecond: number | null
  iops: number | null
  latencySeconds: number | null
  openSeconds: number | null
  transferSeconds: number | null
  closeSeconds: number | null
  totalSeconds: number | null
  iteration: number | null
}

export interface IorStonewall {
  minPairs: number
  maxPairs: number
  seconds: number | null
}

export interface FileSystemUse {
  /** As written: `509.8 TiB`. */
  size: string
  usedPercent: number
  inodes: string | null
  usedInodesPercent: number | null
}

export interface MdtestReport {
  version: string | null
  command: string | null
  startedAt: string | null
  endedAt: string | null
  tasks: number | null
  nodes: number | null
  /** Of all tasks, as announced. */
  items: number | null
  iterations: number | null
  rates: MdtestRate[]
  /** The items that the slowest and the fastest task had done when the clock stopped. */
  stonewall: { min: number; max: number; average: number } | null
  fileSystem: FileSystemUse | null
  warnings: Evidence[]
  isComplete: boolean
}

export interface MdtestRate {
  /** `File creation`, `Tree removal`, … */
  operation: string
  maxPerSecond: number
  minPerSecond: number
  meanPerSecond: number
  stdDev: number
}
