/** The scheduler port: what the services may rely on, whichever backend runs the jobs. */

export type SchedulerKind = 'slurm' | 'local'

/** What to run and what to ask for. Everything a backend needs; nothing of any service. */
export interface JobSpec {
  name: string
  /** Ours alone: {@link jobToken}. Goes into the scheduler's comment. */
  token: string
  /** `<runDir>/job.sh`; the script gets `runDir` as its only argument. stdout.log and stderr.log are in there too. */
  runDir: string
  resources: Resources
}

export interface Resources {
  account?: string
  partition?: string
  qos?: string
  /** Wall time asked for. */
  timeLimitMs: number
  nodes: number
  cpusPerTask?: number
  /** GPUs on every node. */
  gpusPerNode?: number
  constraint?: string
  reservation?: string
  exclusive?: boolean
  /** Further sbatch options, as they are. */
  sbatchArgs?: readonly string[]
}

/** `lost`: the scheduler does not know the job any more and no receipt tells how it ended. */
export type JobState =
  'held' | 'pending' | 'configuring' | 'running' | 'completing' | 'suspended' | 'ended' | 'unknown'

export interface JobStatus {
  id: string
  token: string
  name: string
  state: JobState
  /** The backend's own word: `R`, `PD`, `OOM`. */
  rawState: string
  /** Why it waits or how it ended, in the scheduler's word and in ours; absent when there is nothing to say. */
  reason?: Reason
  nodes: readonly string[]
  partition?: string
  qos?: string
  submittedAt?: Date
  startedAt?: Date
  /** Estimated start of a waiting job. */
  expectedStart?: Date
  /** When the time limit will end it; of an ended job, when it ended, where that is known. */
  endsAt?: Date
  /** How often it was requeued. */
  restarts?: number
  /** Only of an ended job, when the scheduler knows. */
  outcome?: Outcome
}

export interface Reason {
  /** As the scheduler says it: `QOSMaxWallDurationPerJobLimit`. */
  raw: string
  /** In plain words: `the time asked for is over what the QoS allows`. */
  plain: string
  /** A command or action, where there is one. */
  next?: string
  /** It will never run as it was asked for. */
  hopeless: boolean
}

export type OutcomeKind =
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'timeout'
  | 'out-of-memory'
  | 'node-failed'
  | 'preempted'
  | 'lost'

export interface Outcome {
  kind: OutcomeKind
  exitCode: number | null
  signal: string | null
}

/** All of the user's jobs that carry a token of ours, from one question to the scheduler. */
export interface Queue {
  askedAt: Date
  /** Set when the scheduler did not answer: then `jobs` is empty and nothing may be concluded from an absence. */
  staleSince?: Date
  /** Why it did not answer. */
  trouble?: string
  jobs: ReadonlyMap<string, JobStatus>
}

/** What would be submitted: for --dry-run and for `job.json`. */
export interface SubmitPlan {
  argv: readonly string[]
  script: string
}

export interface Scheduler {
  readonly kind: SchedulerKind
  plan(job: JobSpec): SubmitPlan
  /**
   * Submits held, under the job's token. Never repeats by itself: after a time-out the job may be there, and only
   * {@link Scheduler.poll} tells.
   * @throws EnvironmentError for what the site refuses (partition, account, limits)
   * @throws SchedulerError `AIB_SUBMIT_UNCERTAIN` when it may or may not have been accepted, `AIB_SCHEDULER_DOWN` when it surely was not
   */
  submitHeld(job: JobSpec): Promise<{ id: string }>
  /** Lets a held job run; releasing a released job is no error. */
  release(id: string): Promise<void>
  /** One question for everything. Retries reads with growing pauses, then answers stale; never throws for a silent scheduler. */
  poll(): Promise<Queue>
  /**
   * Tells the job's script to end (`TERM`, the script stops the service within its own deadline) or ends it at once (`KILL`).
   * Looks first whether job `id` carries `token` and does nothing to any other; a job that is gone is no error.
   */
  cancel(id: string, token: string, how: 'TERM' | 'KILL'): Promise<void>
  /** The command line that runs `argv` beside the job, on its first node; itself when the job is on this machine. */
  beside(id: string, argv: readonly string[]): readonly string[]
  /**
   * The command line that runs `argv` on the first of `resources.nodes` nodes of an allocation of its own, which ends with that command;
   * undefined where there are no other nodes.
   */
  apart(argv: readonly string[], resources: Resources): readonly string[] | undefined
  /** For a program that runs {@link apart}: the command line that runs `argv` on node `index` of its allocation, with its input. */
  onNode(index: number, argv: readonly string[]): readonly string[]
  /** Partition names, for did-you-mean and completion; empty when there are none to know. */
  partitions(): Promise<readonly string[]>
  /** The most GPUs that one node of the partition (the default one when undefined) has; undefined when that is not to be known. */
  gpusPerNode(partition: string | undefined): Promise<number | undefined>
  /** What runs the jobs: `slurm 22.05.8`, `local`. */
  version(): Promise<string>
}

export function isAlive(state: JobState): boolean {
  return state !== 'ended'
}
