import type { JobState, Reason, Resources, SchedulerKind } from '../scheduler/contract.js'
import type { BatchProgress, EngineReport } from './contract.js'
import type { HardwareReport } from './hardware.js'
import type { JobSettingsRequest } from './job-settings.js'
import type { OutcomeRecord, Phase, Shape } from '../state/schema.js'

/** What the service functions take and give: plain data, the same for the screen, for `--json` and for scripts. */

export interface StartRequest {
  service: string
  name?: string
  /** What it is called when nothing else is said; a batch job gets a number after it when it is taken. By default the service's name. */
  usualName?: string
  /** The allocation to run in, by the name of its holder; `none` insists on a job of its own. By default the one that the service holds. */
  in?: string
  options: Record<string, unknown>
  scheduler?: SchedulerKind
  resources: Partial<Resources>
  /** What the user adds to the job's environment. */
  job?: JobSettingsRequest
  wait: boolean
  timeoutMs: number
}

export interface StartReport {
  instance: InstanceReport
  description: string
}

/** `--dry-run`: what would be done; nothing was. */
export interface DryRunReport {
  scheduler: SchedulerKind
  /** The instance in whose allocation it would run; null: in a job of its own. */
  allocation: string | null
  argv: readonly string[]
  script: string
  description: string
  /** The server's own command line, as far as it is known before the job runs. */
  command: readonly string[] | null
  /** Names only; the file is 0600. */
  environmentNames: readonly string[]
  /** What is sourced in the job before the service starts. */
  prologue: { path: string; text: string } | null
  maxNodeHours: number
}

/** One instance as it is now: the state file, the scheduler's answer and the run directory brought together. */
export interface InstanceReport {
  id: string
  name: string
  service: string
  /** `serving`: servers; `batch`: a program that runs to its end; `holding`: its nodes are held for others' work. */
  shape: Shape
  scheduler: SchedulerKind
  /** The instance in whose allocation it runs; null: in one of its own. */
  allocation: string | null
  /** Its name; null where {@link allocation} is, and when nothing is known of it any more. */
  allocationName: string | null
  /** Of one that holds its nodes: what runs in it, and what waits to, in order. */
  guests: readonly GuestReport[]
  phase: Phase
  jobId: string | null
  /** Where its job is, at sites with several clusters; null for a local job and where that is not known. */
  cluster: string | null
  jobState: JobState | null
  /** `ready`, `queued`, `starting`, `failed`, …: the word of the STATE column. */
  summary: InstanceSummary
  reason: Reason | null
  outcome: OutcomeRecord | null
  node: string | null
  nodes: readonly string[]
  /** Of its main member, the first of {@link members}; null for a batch job. */
  endpoint: EndpointReport | null
  /** Command to reach the endpoint from the user's own machine; null when it is on this one. */
  tunnel: string | null
  /** The same as a block of `~/.ssh/config`. */
  sshConfig: string | null
  /** A curl line that asks it something; the token stays in its file and out of the process list. Null when there is nothing to ask. */
  call: string | null
  /** Its servers; none of a batch job. */
  members: readonly MemberReport[]
  /** Of a batch job at work, where it can be told. */
  progress: BatchProgress | null
  version: string | null
  options: Record<string, unknown>
  /** The flags of `start` that give these options. */
  startFlags: readonly string[]
  /** Its answers are made up by our simulator. */
  simulated: boolean
  /** Of its start-up, in order; the last one is going on unless it is done. Empty for a service that tells none. */
  stages: readonly StageReport[]
  /** What it really runs on, as its nodes say it; null until they do, and in the list of all. */
  hardware: HardwareReport | null
  /** What the server says that it runs with; null until it does, and in the list of all. */
  engine: EngineReport | null
  partition: string | null
  qos: string | null
  submittedAt: string | null
  expectedStart: string | null
  startedAt: string | null
  readyAt: string | null
  endedAt: string | null
  upMs: number | null
  leftMs: number | null
  nodeHours: number
  runDir: string
  lastResult: string | null
  /** Commands to type next. */
  next: readonly string[]
  /** The scheduler did not answer since then; what is shown is what was known. */
  staleSince: string | null
  /** Why the scheduler could not tell, or what could not be mended, with its own words. */
  trouble: string | null
  /** What the probe or the log says of a service that is not ready. */
  detail: string | null
}

export interface GuestReport {
  id: string
  name: string
  service: string
  /** `running`; `submitted` of one that waits. */
  phase: Phase
}

export interface MemberReport {
  name: string
  title: string
  /** The job is not ready before it is, and ends with it. */
  critical: boolean
  state: 'starting' | 'ready' | 'failed' | 'ended'
  /** How it failed, while the job lives on without it. */
  detail: string | null
  endpoint: EndpointReport | null
  /** As {@link InstanceReport.call}. */
  call: string | null
}

export interface EndpointReport {
  url: string
  node: string
  loopbackOnly: boolean
  /** The token, or the user and password, that it asks for, 0600; null when it asks for none. */
  tokenFile: string | null
  /** Where the token gate listens for other machines; null when it was not asked for. */
  exposed: ExposedReport | null
}

export interface ExposedReport {
  url: string
  tokenFile: string
  /** Hosts that were seen to reach it: another node of the job, the host of this command. */
  reachedFrom: readonly string[]
  /** Hosts that tried and did not. */
  unreachedFrom: readonly string[]
}

export interface StageReport {
  /** `queued`, `container`, `weights`, `compile`, `ready`. */
  name: string
  state: 'done' | 'now'
  /** How long it took, or has taken; null when that is not known. */
  ms: number | null
  /** `4 of 4 shards · 15.1 GiB`. */
  text: string | null
}

export type InstanceSummary =
  | 'queued'
  | 'starting'
  | 'ready'
  | 'running'
  | 'completed'
  | 'stopping'
  | 'suspended'
  | 'ended'
  | 'failed'
  | 'lost'
  | 'unknown'

export interface CheckRequest {
  service: string
  name?: string
  wait: boolean
  timeoutMs: number
}

export interface WaitRequest {
  name: string
  until: 'ready' | 'ended'
  timeoutMs: number
}

export interface StopRequest {
  service: string
  name?: string
  timeoutMs: number
  /** KILL at once instead of TERM first. */
  force: boolean
}

export interface StopReport {
  id: string
  name: string
  jobId: string | null
  /** It had ended, or was never there to the scheduler. */
  alreadyGone: boolean
  /** Names of those that ran in it, and ended with it. */
  guests: readonly string[]
  /** The server did not end by itself: it outlived its deadline, or was killed at once because that was asked for. */
  killed: boolean
  /** `stopped`, `killed`, `killed at the deadline`. */
  how: string
  portClosed: boolean | null
  ms: number
  outcome: OutcomeRecord | null
}

export interface LogsRequest {
  service: string
  name?: string
  /** One of its servers. */
  member?: string
  stream: 'stdout' | 'stderr'
  lines: number
  follow: boolean
  /** Called for each piece of text as it comes, and waited for; the report is given at the end. */
  write(text: string): void | Promise<void>
}

export interface LogsReport {
  path: string
  lines: number
}

export interface SaveRequest {
  service: string
  name?: string
  /** The file, or a folder for it; by default the current one. */
  out?: string
  /** Replace what is there. */
  force: boolean
}

export interface SaveReport {
  path: string
  bytes: number
  files: number
  sha256: string
  /** Left out on purpose: secrets and the database. */
  leftOut: readonly string[]
  /** What could not be read, or did not stay the same while it was. */
  incomplete: readonly { file: string; why: string }[]
}

export interface StatusReport {
  /** Those that live first, the newest first. */
  instances: readonly InstanceReport[]
  /** So many more that ended, not listed. */
  hidden: number
  /** Of all, listed or not. */
  nodeHours: number
  /** How often the scheduler was asked: 0 or 1. */
  schedulerCalls: number
  staleSince: string | null
  /** Why the scheduler could not tell. */
  trouble: string | null
}
