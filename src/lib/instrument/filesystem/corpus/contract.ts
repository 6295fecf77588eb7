/** The public results, by which a run is placed, and from which its time and size are foretold. */
export const LIST_NAMES = ['lustre', 'all', '10-node'] as const
/** `lustre`: Lustre and EXAScaler since 2020. `10-node`: of any file system, on exactly ten client nodes. */
export type ListName = (typeof LIST_NAMES)[number]

export interface PublicList {
  name: ListName
  source: Source
  /** Best score first. */
  results: readonly PublicResult[]
}

export interface Source {
  repository: string
  commit: string
  date: string
}

/** One public result; null is what its files do not tell. */
export interface PublicResult {
  /** The number of its submission. */
  submission: number
  institution: string
  system: string
  fileSystem: string
  year: number
  version: string | null
  nodes: number | null
  procs: number | null
  score: number
  bandwidthGiBPerSecond: number
  metadataKiops: number
  /** By the name of the phase; GiB/s or thousand operations a second. */
  phases: ReadonlyMap<string, PhaseFigures>
}

export interface PhaseFigures {
  value: number | null
  seconds: number | null
}

/** A phase by its name, or one of the three figures of the score. */
export type FigureName = 'score' | 'bandwidth' | 'metadata' | (string & {})

/** Where a value stands in a list. */
export interface Standing {
  /** Share of the list that is not better, in per cent: 0 to 100. */
  percentile: number
  /** Results of the list that have this figure. */
  n: number
  median: number
}

/** The phase that stands lowest in the list, and what it costs. */
export interface WeakPhase extends Standing {
  name: string
  value: number
  /** The score, had this phase the list's median. */
  scoreAtMedian: number
  score: number
}

export interface Range {
  p10: number
  p50: number
  p90: number
}

/** What is known of a run before it starts. */
export interface RunShape {
  stonewallSeconds: number
  nodes: number | null
  /** In their order; those of a standard run by default. */
  phases?: readonly string[]
}

export interface DonePhase {
  name: string
  seconds: number
}

export interface RunningPhase {
  name: string
  elapsedSeconds: number
}

export interface Remaining {
  p10Ms: number
  p50Ms: number
  p90Ms: number
}

/** Section → key → value, in lower case: an ini as `ini/` reads it. */
export type IniValues = ReadonlyMap<string, ReadonlyMap<string, string>>

/** What is about to run. */
export interface EstimateAsk {
  nodes: number
  /** All of them, on all nodes. */
  tasks: number
  stonewallSeconds: number
  repeats?: number
  /** Bounds what is written: `blockSize`, `segmentCount`, `n`, phases that are off. */
  config?: IniValues
  /** Earlier results on the same file system; where there are any, they count instead of the public ones. */
  history?: readonly EarlierRun[]
  /** `other` is any that several nodes share: all public results count the same. Default `lustre`. */
  fileSystem?: FileSystemClass
}

/** `local`: a disk of the machine itself, of which there are no public results. */
export type FileSystemClass = 'lustre' | 'other' | 'local'

/** As much of an earlier result as a forecast needs. */
export interface EarlierRun {
  /** Null: that of its shortest write phase. */
  stonewallSeconds: number | null
  nodes: number | null
  procs: number | null
  phases: readonly { name: string; value: number | null; seconds: number | null }[]
}

export interface Estimate {
  nodes: number
  tasks: number
  stonewallSeconds: number
  repeats: number
  /** Of one repeat: each removes what it wrote. */
  bytes: Range
  inodes: Range
  /** Of all repeats, without the time in the queue. */
  wallSeconds: Range
  /** Whole nodes are billed. */
  nodeHours: Range
  /** What it was made from, a phrase: `51 public results of Lustre, scaled to 4 nodes`. */
  basis: string
  /** What the ini bounds before the stonewall does, in its words: `[mdtest-easy] n`. */
  boundedBy: readonly string[]
}

/** `maybe`: not if it comes as in the upper tenth. `null`: nobody could say what there is. */
export type Fits = 'yes' | 'maybe' | 'no' | null

/** What is needed against what there is. */
export interface Check {
  what: string
  unit: 'bytes' | 'inodes' | 'seconds'
  needed: Range
  /** Null where it is not known. */
  available: number | null
  fits: Fits
}

export interface EstimateReport extends Estimate {
  /** Null: none was named. */
  dir: string | null
  /** `lustre`, `xfs`; null where it could not be told. */
  type: string | null
  /** What it was taken for. */
  fileSystem: FileSystemClass
  checks: Check[]
  /** `no` as soon as one check says so. */
  fits: 'yes' | 'maybe' | 'no'
}
