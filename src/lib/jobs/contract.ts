import type { GenericSchema } from 'valibot'
import type { Clock } from '../platform/clock.js'
import type { Environment } from '../platform/environment.js'
import type { Http } from '../platform/http.js'
import type { Processes } from '../platform/processes.js'
import type { Progress } from '../platform/progress.js'
import type { Settings } from '../platform/settings.js'
import type { Resources, Scheduler, SchedulerKind } from '../scheduler/contract.js'
import type { Endpoint } from '../scheduler/receipt.js'
import type { StateStore } from '../state/contract.js'

/** The services that there are. Handed in: nothing below the catalog knows them by name. */
export interface Services {
  /** @throws NotFoundError for a kind that this version does not know */
  service(kind: string): Service
  serviceIfKnown(kind: string): Service | undefined
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
 * What a service is. One folder under `services/`, one line in the catalog, one script under `slurm/`, one entry under `sif/`.
 * Everything else (start, check, logs, save, stop, status, wait) is shared.
 */
export interface Service<Options = Record<string, unknown>> {
  kind: string
  /** `Chroma`: for sentences. */
  title: string
  /** File under `slurm/`. */
  script: string
  options: GenericSchema<unknown, Options>
  /** The flags of `start` that give these options again, for hints that can be pasted. */
  startFlags(options: Options): readonly string[]
  /** What to type when nothing of it was started yet. */
  firstStart: readonly string[]
  /** Fills in what the options leave open from the settings, the scheduler's options and the machine. */
  complete?(context: Context, options: Options, asked: Asked): Promise<Options>
  /** What it needs when nothing else was asked for: nodes, GPUs. */
  resources(options: Options): Partial<Resources>
  /** Decides what will run and writes what it needs into the run directory. Before anything is submitted. */
  prepare(context: Context, options: Options, place: Place): Promise<Preparation>
  /** Asked when the endpoint is known: does it do its work? Must be harmless to the user's data. */
  probe(context: Context, reach: Connection): Promise<ProbeResult>
  /** Finds the line of the log that tells why it failed, and says what to do. */
  explain(logLines: readonly string[]): Explanation | undefined
  /** Where its start-up is, from what it logs; of a service whose start takes no time worth telling there is none. */
  stages?(logLines: readonly string[]): readonly LogStage[]
  /** What it says that it runs with, from its log; null when it has not said it (yet). */
  engine?(logLines: readonly string[]): EngineReport | null
  /** File in the run directory that holds the bearer token it asks for; absent when it asks for none. */
  tokenName?: string
  /** A path that anybody with the token may GET to see it answer: `/v1/models`. */
  callPath?: string
  /** Its answers are made up: every output that comes from it says so. */
  isSimulated?(options: Options): boolean
}

/** What was asked of the scheduler, before the options are complete. */
export interface Asked {
  scheduler: SchedulerKind
  resources: Partial<Resources>
}

/** Where it will run, decided before the preparation. */
export interface Place {
  runDir: string
  resources: Resources
  scheduler: SchedulerKind
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
  /** What will run, for people: `chroma 1.5.9, native (sha256 4be1…)`. */
  description: string
  /** Shown before the start: what may surprise later. */
  warnings?: readonly string[]
  /** Into `job.json`: binary or image with digest, version, profile. */
  provenance: Record<string, unknown>
}

/** How to talk to an instance: its endpoint, and the way to run a program beside it when it can't be reached from here. */
export interface Connection {
  endpoint: Endpoint
  /** Holds the bearer token that the service asks for; null when it asks for none. */
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
