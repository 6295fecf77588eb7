/** What is said of a result of IO500: whether it counts, what is wrong with it, and whether its own figures and sums are right. */
export interface Judgement {
  /** It ran to its end and nothing of what was found makes it invalid; a run with few nodes is valid, though not listed. */
  valid: boolean
  /** Every phase of its mode that counts is there, and the score. */
  isComplete: boolean
  /** Worst first, and in the order of the phases. */
  problems: Problem[]
  score: JudgedScore | null
  /** Of extended mode, over the optional phases too. */
  extendedScore: JudgedScore | null
  hash: HashCheck
  configHash: HashCheck
  /** In the order of the run; phases that count and are not there stand at their place, without a value. */
  phases: JudgedPhase[]
}

/**
 * `invalid`: by the rules it does not count. `unranked`: valid, but not on the list that it was meant for. `doubt`: the figure may not be
 * what it says. `note`: good to know.
 */
export type Severity = 'invalid' | 'unranked' | 'doubt' | 'note'

export interface Problem {
  /** Stable, for scripts: `stonewall-time`. */
  code: string
  phase: string | null
  severity: Severity
  /** A sentence about the run. */
  text: string
  /** What to change, a sentence; empty when there is nothing to. */
  fix: string
  /** The line that tells, with its place, where there is one: `ior-easy-write.txt:41  WARNING: write(…) failed`. */
  evidence: string | null
}

export interface Figures {
  /** The square root of bandwidth times metadata; results of 2017 printed the product itself. */
  total: number
  bandwidthGiBPerSecond: number
  metadataKiops: number
}

export interface JudgedScore extends Figures {
  /** From the phases as printed; null where too few of them are known. */
  recomputed: Figures | null
  /** Both agree within the rounding of what is printed; null without a second opinion. */
  ok: boolean | null
}

export interface HashCheck {
  /** As it stands in the files, in capitals without leading zeros. */
  stated: string | null
  computed: string | null
  /** null: can't be checked, `why` says for what reason. */
  ok: boolean | null
  why: string | null
}

export interface JudgedPhase {
  name: string
  value: number | null
  unit: 'GiB/s' | 'kIOPS'
  seconds: number | null
  valid: boolean
  /** Part of the score. */
  isScored: boolean
}

/** What the caller knows besides the files: from the job that ran it, or from who asks. */
export interface Known {
  /** Processes that were asked for. */
  tasks?: number
  /** Client nodes that it ran on. */
  nodes?: number
  /** How the job ended, where it did not end well. */
  end?: JobEnd
}

export interface JobEnd {
  cause: 'time-limit' | 'node' | 'cancelled' | 'memory' | 'failed'
  /** A sentence: `The time limit of 2 h was reached.` */
  text: string
}
