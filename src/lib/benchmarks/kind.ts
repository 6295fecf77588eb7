import type { GenericSchema } from 'valibot'
import type { Context } from '../jobs/contract.js'
import type { ServerAddress } from '../instrument/http/access.js'
import type { Envelope } from '../instrument/measure/envelope.js'
import type { Run } from '../state/schema.js'
import type { Told } from './told-figures.js'
import type { Judged } from './verdict.js'

/** What every plan holds. */
export interface BenchPlan {
  /** Worker processes; absent of a kind that has one only. */
  clients?: number
  /** Above this share of failed requests the run has failed. */
  errorRateLimit: number
  /** Somebody's server that it was made for; absent of an instance of ours. */
  server?: ServerAddress | null
}

export interface AnySample {
  type: 'sample'
}

/**
 * What a kind of result is, whoever made it: a command that measured, or a job that was the benchmark. All that records and lists need. One
 * folder under `benchmarks/`, one line in the catalog; what people see is its face.
 */
export interface ResultKind<Result extends Envelope = Envelope> {
  kind: string
  /** Published under `schemas/`. */
  result: GenericSchema<unknown, Result>
  /** `result.json` of this version or an older one, as a result of today. */
  anyResult: GenericSchema<unknown, Result>
  /** One line for `status` and `runs list`: `3 690 q/s · recall 0.998`. */
  summary(result: Result): string
  /** The same as numbers. */
  figures(result: Result): NonNullable<Run['figures']>
}

/** A kind that a `bench` command measures; what measures is its `run` under `instrument/`, loaded by the measuring process alone. */
export interface BenchmarkKind<
  Plan extends BenchPlan = BenchPlan,
  Result extends Envelope = Envelope,
  Asked = unknown,
  Sample extends AnySample = AnySample,
> extends ResultKind<Result> {
  /** Published under `schemas/`. */
  plan: GenericSchema<unknown, Plan>
  /** What was asked for over the plan that was given, over the defaults. @throws UsageError naming the flag that doesn't fit */
  planOf(context: Context, asked: Asked, from: PlanSource): Promise<Plan>
  /** Of a plan with the server that it is for. @throws UsageError for what does not go together */
  refuse?(plan: Plan, bench: string): void
  /** What it takes at least, for the wall-time check; null when only the server's speed decides. */
  neededMs(plan: Plan): number | null
  /** Flags that ask for less. */
  shorter: string
  about(plan: Plan, subject: string | null): About
  /** What its measuring process needs besides the plan and where to aim. */
  config(context: Context, parts: ConfigParts): Record<string, unknown>
  /** What a store of figures is told of it. */
  told(plan: Plan, service: string): Told
  /** The line that is open while it measures; made anew for each phase. */
  live(): Live<Sample>
  /** @param again the command that repeats it */
  judged(limits: Partial<Plan> & Limits, result: Result, again: string): Judged
}

export type Limits = Pick<BenchPlan, 'errorRateLimit'>

export interface PlanSource {
  /** The command, for hints: `aibench SERVICE bench`. */
  bench: string
  /** A plan's or result's file, a run's id, or `-` for stdin. */
  from?: string
}

export interface About extends Pick<Run, 'subject' | 'load'> {
  /** What is going to be measured, said before anything is, where `hardware` is what the server runs on. */
  header(hardware: string, profile: string | null): readonly (string | false)[]
}

export interface ConfigParts {
  runId: string
  /** As the user names it, in place of the server's own word. */
  subject: string | null
  provenance: Readonly<Record<string, unknown>>
}

export interface Live<Sample> {
  text(sample: Sample): string
  /** Of what is to be done, that is behind us; undefined when it can't be told. */
  share(sample: Sample): number | undefined
}

/** Finds a kind by its name; undefined for one that this version does not know. */
export type Kinds = (kind: string) => Promise<ResultKind | undefined>

export function isMeasured(kind: ResultKind): kind is BenchmarkKind {
  return 'judged' in kind
}
