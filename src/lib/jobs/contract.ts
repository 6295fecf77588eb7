import type { GenericSchema } from 'valibot'
import type { FigureStore } from '../monitoring/store.js'
import type { OptionSet } from '../options/set.js'
import type { Clock } from '../platform/clock.js'
import type { Environment } from '../platform/environment.js'
import type { Http } from '../platform/http.js'
import type { Processes } from '../platform/processes.js'
import type { Progress } from '../platform/progress.js'
import type { Settings } from '../platform/settings.js'
import type { Resources, Scheduler, SchedulerKind } from '../scheduler/contract.js'
import type { Endpoint, Receipt } from '../scheduler/receipt.js'
import type { StateStore } from '../state/contract.js'
import type { Instance, Run } from '../state/schema.js'

/** The services that there are. Handed in: nothing below the catalog knows them by name. */
export interface Services {
  /** In the order of use. */
  kinds: readonly string[]
  /** @throws NotFoundError for a kind that this version does not know */
  service(kind: string): Workload
  serviceIfKnown(kind: string): Workload | undefined
}

/** Everything a service function may touch. Built by the entry point, faked in unit tests. */
export interface Context extends Services {
  clock: Clock
  environment: Environment
  processes: Processes
  http: Http
  progress: Progress
  settings: Settings
  state: StateStore
  /** The backend of that kind, made when first asked for. */
  scheduler(kind: SchedulerKind): Scheduler
  /** Slurm where `sbatch` is, else local. */
  defaultScheduler(): Promise<SchedulerKind>
  /** Aborted by the first Ctrl-C. */
  signal: AbortSignal
  /** Of aibench itself. */
  version: string
  /** Says what went wrong without ending the command; under --json it stands in the envelope. */
  warn(text: string): void
}

/** What only the command that is running knows of a context. */
export type ContextParts = Pick<Context, 'progress' | 'signal' | 'version' | 'warn'>

/**
 * What can run as one job. One folder under `services/`, one line in the catalog, one script under `slurm/`, one entry under `sif/`.
 * Everything else (start, check, logs, save, stop, status, wait) is shared, and follows from the shape.
 */
export type Workload<Options = Record<string, unknown>> = Serving<Options> | Batch<Options>

/** What its commands say of it. */
export interface WorkloadWords {
  /** As it is typed. */
  kind: string
  /** As it is written in sentences. */
  title: string
  /** What it is: one server unless it says otherwise; several; or a program that runs to its end. */
  noun?: 'server' | 'stack' | 'job'
  /** How long a start is waited for unless said otherwise: the queue, and all that it loads. */
  startTimeoutMs: number
  /** The same of a check. */
  checkTimeoutMs: number
}

interface Common<Options> extends WorkloadWords {
  /** File under `slurm/`. */
  script: string
  /** What a start of it can be told: flags, variables, settings, and what is kept with an instance come from it. */
  options: OptionSet
  /** What only settings say of it. */
  settings?: OptionSet
  /** What is kept with an instance, where that is not the options as they are. */
  kept?: GenericSchema<unknown, Options>
  /** The flags of `start` that give again what is kept, then. */
  startFlags?(options: Options): readonly string[]
  /** What is given to its program after `--`. */
  startArgs?(options: Options): readonly string[]
  /** The command that starts one with these options; `start` unless it says otherwise. Null: no command of its own. */
  startVerb?(options: Options): string | null
  /** What to type when nothing of it was started yet. */
  firstStart: readonly string[]
  /** Fills in what the options leave open from the settings, the scheduler's options and the machine. */
  complete?(context: Context, options: Options, asked: Asked): Promise<Options>
  /** What it needs when nothing else was asked for: nodes, GPUs, the time that its end takes. */
  resources(options: Options): Partial<Resources>
  /** Variables that its script sets itself: nobody can set them for a job. */
  reserved?: RegExp
  /** Decides what will run and writes what it needs into the run directory. Before anything is submitted. */
  prepare(context: Context, options: Options, place: Place): Promise<Preparation>
  /**
   * Finds the line of the log that tells why it failed, and says what to do.
   * @param member whose log it is, where that is one of its own
   */
  explain(logLines: readonly string[], member?: string): Explanation | undefined
  /** Its own verbs to offer when it is ready: `bench`. */
  whenReady?: readonly string[]
  /** Its figures are made up: every output that comes from it says so. */
  isSimulated?(options: Options): boolean
}

/** One server or several, in one job, that serve until they are told to end: an end unasked is a failure. */
export interface Serving<Options = Record<string, unknown>> extends Common<Options> {
  shape: 'serving'
  /** The first is the one that is meant when none is named. */
  members(options: Options): readonly Member[]
  /** What is asked by hand, not for load; plain data both ways, so that it can be asked from beside the server. */
  answer?(question: object, asker: Asker): Promise<unknown>
  /** Brings into its run directory what a save is to hold and lies elsewhere. What it can't is warned of, not thrown. */
  beforeSave?(context: Context, instance: Instance): Promise<void>
  /** How it is benchmarked; absent of one that is not. */
  bench?: ServerBench<Options>
  /** Of one that keeps the figures of others: where. Undefined when it can't be told (yet). */
  figures?(context: Context, instance: Instance): Promise<FigureStore | undefined>
  /**
   * Done by whichever command sees it first, one at a time. The state records that it was done after it was: a command that is killed
   * in between leaves it to the next one, so a hook must be able to run twice. What it throws is told, and it is tried again.
   */
  hooks?: {
    /** Every time that it has become ready: after a requeue it listens elsewhere. */
    ready?(context: Context, instance: Instance): Promise<void>
    /** When its end is known, and not only concluded. */
    ended?(context: Context, instance: Instance): Promise<void>
  }
}

/** What a benchmark has to know of a service: data, so that no benchmark knows a service. It measures the first member. */
export interface ServerBench<Options = Record<string, unknown>> {
  /** The kind of benchmark. */
  kind: string
  /** What it speaks, in the words of that kind. */
  protocol: string
  /** The flag that names the file of a token for `--url`. */
  tokenFlag: string
  /** A path that anybody with the token may GET to see it answer. */
  callPath: string
  /** Paths at which its servers say who they are. */
  hello: readonly string[]
  /** What of it is measured, where its options say that: the name of a model. */
  subject?(options: Options): string
}

/**
 * One of the servers of a job, as its script names it: `serve NAME …`. The one with the name of its service logs to the job's own files;
 * any other to `NAME.log`. The only one of a service bears the service's name.
 */
export interface Member {
  name: string
  /** As it is written in sentences. */
  title: string
  /** The job is not ready before it is, and ends when it ends. */
  critical: boolean
  /**
   * Asked when its endpoint is known, from a place that reaches it: does it do its work? Must be harmless to the user's data. Never throws.
   */
  probe(http: Http, server: ProbedServer): Promise<ProbeResult>
  /** What it asks for, in a file of the run directory; absent when it asks for nothing. */
  secret?: Secret
  /** A path that anybody with the secret may GET to see it answer: `/v1/models`. */
  callPath?: string
  /** Only the job itself asks it: no tunnel leads to it. */
  isInner?: boolean
  /** Where it tells its own figures, in the text form that scrapers read. Asked by the exporter beside it, and by nobody else. */
  metrics?: { path: string }
  /** Where its start-up is, from what it logs; of one whose start takes no time worth telling there is none. */
  stages?(logLines: readonly string[]): readonly LogStage[]
  /** What it says that it runs with, from its log; null when it has not said it (yet). */
  engine?(logLines: readonly string[]): EngineReport | null
}

export interface ProbedServer {
  url: string
  /** Holds the secret that it asks for; null when it asks for none. May be gone when the job has just ended. */
  tokenFile: string | null
  /** What the service was asked to be. */
  options: Record<string, unknown>
}

export interface Asker {
  /** Told the text of an answer as it comes. */
  write(text: string): void
  signal: AbortSignal
}

export interface Secret {
  /** A token; or `USER:PASSWORD` as one line. */
  kind: 'bearer' | 'basic'
  /** Ends in `.token`. Beside it lies the header that curl reads. */
  file: string
}

/**
 * A program that runs to its end: exit code 0 is success, and what it leaves in the run directory is the result. Such a job can also be one
 * that holds its nodes, in which the programs then run as guests, one after the other: see docs/decisions/0014.
 */
export interface Batch<Options = Record<string, unknown>> extends Common<Options> {
  shape: 'batch'
  /**
   * Whether an instance of these options holds its nodes for others' work: its script says `prove COMMAND…`, `publish_ready DETAIL` and `hold`
   * instead of `run_to_end`, and it has no result. Without this none does.
   */
  holds?(options: Options): boolean
  /** Its own verbs to offer when it has ended: what there is to read. */
  whenEnded?: readonly string[]
  /** The kind of benchmark whose result it makes; absent: no result that `runs show` knows. */
  bench?: { kind: string }
  /** How far it is, from its files alone: the job can be on nodes that can't be reached. Of one that holds its nodes, how far its proof is. */
  progress(runDir: string): Promise<BatchProgress | undefined>
  /**
   * Makes the result from the files of a job that has ended, however it did; the run it was is recorded from what is given back. Called
   * by whichever command sees the end first, also days later. Must be able to run twice: as the hooks of a server, and when an end that
   * was concluded turns out otherwise. Throws only what may pass; a result that will never be one is given back as `failed`,
   * and of what is no run, undefined.
   */
  collect(
    context: Context,
    instance: Instance,
    receipt: Receipt | undefined,
  ): Promise<Measured | undefined>
}

/** What a batch job measured, for the record of it. */
export type Measured = Pick<Run, 'verdict' | 'summary' | 'figures' | 'subject' | 'load'>

export interface BatchProgress {
  /** What is going on: `ior-easy-write`, `2 of 12 phases`. */
  text: string
  /** 0 to 1; null when it can't be told. */
  share: number | null
  /** The part that is going on, as it is to be called at its end; absent of a program that has no parts. */
  part?: string
  /** Parts that have ended, in order: they stay on the screen of who waits. */
  done?: readonly DonePart[]
}

export interface DonePart {
  name: string
  /** What came out of it: `2.10 GiB/s`. */
  text: string
  ms: number | null
}

/** The allocation that an instance runs in as a guest. */
export interface Holder {
  /** Its options, its nodes, and its run directory with what it proved. */
  instance: Instance
  /** Until it is told to end; null while that is not known: it has not begun. */
  leftMs: number | null
}

/** What was asked of the scheduler, before the options are complete. */
export interface Asked {
  scheduler: SchedulerKind
  resources: Partial<Resources>
  /** Absent: it gets a job of its own. */
  holder?: Holder
}

/** Where it will run, decided before the preparation. */
export interface Place {
  runDir: string
  /** Of a guest: what it may use of the allocation. */
  resources: Resources
  scheduler: SchedulerKind
  /** Absent: it gets a job of its own. */
  holder?: Holder
}

/** A stage of a start-up that has begun; it lasts until the next one begins. */
export interface LogStage {
  /** One word: `imports`, `container`, `weights`, `compile`, `ready`. */
  name: string
  /** ISO 8601, UTC. */
  at: string
  /** What is going on in it: `2 of 4 shards · 15.1 GiB`; empty when the log does not say. */
  text: string
}

/** What a server decided, in its own terms. In results under `provenance.engine`. */
export type EngineReport = Readonly<Record<string, unknown>> & {
  /** For people, in a line. */
  text: string
}

export interface Preparation {
  /** Into `job.env` (0600); names only are shown. */
  environment: Record<string, string>
  /** Lines of bash for the job, after the user's prologue: `module load OpenMPI`. */
  prologue?: string
  /** What will run, for people: `server 1.5.9, native (sha256 4be1…)`. */
  description: string
  /** Shown before the start: what may surprise later. */
  warnings?: readonly string[]
  /** Into `job.json`: binary or image with digest, version, profile. */
  provenance: Record<string, unknown>
}

/** How to talk to a server of an instance: its endpoint, and the way to run a program beside it when it can't be reached from here. */
export interface Connection {
  endpoint: Endpoint
  /** Holds the secret that it asks for; null when it asks for none. */
  tokenFile: string | null
  /** What the service was asked to be. */
  options: Record<string, unknown>
  /** True when the endpoint's loopback is ours. */
  isHere: boolean
  /** Prefixes a command line so that it runs on the instance's node; identity when it is here. */
  beside(argv: readonly string[]): readonly string[]
}

export type ProbeResult = { ready: true; detail: string } | { ready: false; detail: string }

export interface Explanation {
  /** `no space left on the device`. */
  cause: string
  line: string
  /** Index into the lines given. */
  index: number
  hints: readonly string[]
  /** It tells that something failed and not what: another log may know better. */
  isVague?: boolean
}
