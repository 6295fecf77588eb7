/** The scheduler port: what the services may rely on, whichever backend runs the jobs. */

export type SchedulerKind = 'slurm' | 'local'

/** A cluster as its controller calls itself; two clusters of one name differ in their controllers. */
export interface Cluster {
  name: string
  /** `login01:6817`; null where only the name is known. */
  controller: string | null
}

/** What proves a job to be the one that was submitted. No field alone does: sites and users write names and comments too. */
export interface JobIdentity {
  /** Null while the scheduler's answer is not known. */
  id: string | null
  token: string
  /** As the scheduler shows it: {@link jobNameOf}. */
  name: string
  runDir: string
  /** Null where it is not known, and for local jobs. */
  cluster: Cluster | null
}

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
  /** Of a script that goes to several nodes it is 1 when nothing else is asked for. */
  tasksPerNode?: number
  cpusPerTask?: number
  /** On every node, as Slurm spells it: `64G`; `0` is all that a node has. */
  memory?: string
  /** GPUs on every node. */
  gpusPerNode?: number
  /** The site's word for their type: `a100`. */
  gpuType?: string
  /** Asks for them in this spelling, `gpu:a100:2`, where a site wants --gres. */
  gres?: string
  constraint?: string
  reservation?: string
  exclusive?: boolean
  /** Where several clusters share a login node: names for `--clusters`; the default cluster when absent. */
  clusters?: string
  /** How long its end takes at most, seconds: it is told to end so long before its time limit. Absent: half a minute. */
  endsWithinS?: number
  /** Further sbatch options, as they are. */
  sbatchArgs?: readonly string[]
}

export function jobNameOf({ name }: Pick<JobSpec, 'name'>): string {
  return `aibench-${name}`
}

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
  cluster?: string
  /** How often it was requeued; absent where that was not asked. */
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

/** Why nothing is known of a job. */
export interface Trouble {
  /** It said something, and it was an error; else it said nothing in time, or could not be reached. */
  answered: boolean
  /** A sentence for people: `Slurm does not answer`, `squeue answered with an error: …`. */
  plain: string
  /** All lines that the scheduler's command said. */
  said: readonly string[]
}

/** What the scheduler says of one job. */
export type Sighting =
  | { kind: 'seen'; job: JobStatus }
  /** It was asked about this very id and does not know it (any more). */
  | { kind: 'forgotten' }
  /** Its id is not known, and no job of the list is it: one may yet appear. */
  | { kind: 'absent' }
  | { kind: 'silent'; trouble: Trouble }
  /** It belongs to a cluster that can't be asked from here: nothing may be concluded. */
  | { kind: 'elsewhere'; cluster: string; trouble: Trouble }

export interface Queue {
  askedAt: Date
  /** By token, one for each that was asked about. */
  sightings: ReadonlyMap<string, Sighting>
}

/** What would be submitted: for --dry-run and for `job.json`. */
export interface SubmitPlan {
  argv: readonly string[]
  script: string
}

/** Where in an allocation a step runs; by default one task on the first node. */
export interface StepPlace {
  nodes?: number
  /** In all, spread evenly. */
  tasks?: number
  /** Index of the first node, in the order of the allocation. */
  onNode?: number
}

export interface Scheduler {
  readonly kind: SchedulerKind
  plan(job: JobSpec): SubmitPlan
  /** Where a job with these resources goes, as far as that can be told without asking anybody who may be slow; null: not known, or no cluster. */
  clusterOf(resources: Pick<Resources, 'clusters' | 'sbatchArgs'>): Promise<Cluster | null>
  /**
   * Submits held, under the job's token. Never repeats by itself: after a time-out the job may be there, and only
   * {@link Scheduler.poll} tells.
   * @throws EnvironmentError for what Slurm's own checks or the site refuse (partition, account, limits)
   * @throws SchedulerError `AIB_SUBMIT_UNCERTAIN` when it may or may not have been accepted, `AIB_SCHEDULER_DOWN` when it surely was not
   */
  submitHeld(job: JobSpec): Promise<{ id: string; cluster?: Cluster | null }>
  /** Lets a held job run; releasing a released job is no error. */
  release(job: JobIdentity): Promise<void>
  /** One question for everything. Retries reads with growing pauses, then answers `silent`; never throws for a silent scheduler. */
  poll(jobs: readonly JobIdentity[]): Promise<Queue>
  /**
   * Tells the job's script to end (`TERM`, the script stops the service within its own deadline) or ends it at once (`KILL`).
   * Looks first whether the job is the one meant and does nothing to any other; a job that is gone is no error.
   * @throws SchedulerError `AIB_SCHEDULER_DOWN` when that can't be found out
   */
  cancel(job: JobIdentity, how: 'TERM' | 'KILL'): Promise<void>
  /** How long before its time limit a job may be told to end, at the earliest: till then it serves. */
  warningMs(job: Pick<Resources, 'timeLimitMs' | 'endsWithinS'>): number
  /**
   * The command line that runs `argv` inside the allocation of `job`, sharing what its script holds; `argv` itself when the job is on
   * this machine. With null it is the allocation that the command line is run in: its variables say which, and its input is passed on.
   * The step ends with the process that runs it.
   */
  step(job: JobIdentity | null, argv: readonly string[], where?: StepPlace): readonly string[]
  /**
   * The command line that runs `argv` on the first of `resources.nodes` nodes of an allocation of its own, which ends with that command;
   * undefined where there are no other nodes.
   */
  ownAllocation(argv: readonly string[], resources: Resources): readonly string[] | undefined
  /** Partition names, for did-you-mean and completion; empty when there are none to know. */
  partitions(clusters?: string): Promise<readonly string[]>
  /**
   * The most GPUs, of that type where one is given, that one node of the partition (the default one when undefined) has; undefined when
   * that is not to be known.
   */
  gpusPerNode(
    partition: string | undefined,
    where?: { clusters?: string; type?: string },
  ): Promise<number | undefined>
  /** What runs the jobs: `slurm 22.05.8`, `local`. */
  version(): Promise<string>
}

export function isAlive(state: JobState): boolean {
  return state !== 'ended'
}
