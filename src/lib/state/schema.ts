import * as v from 'valibot'
import { RUN_VERDICTS } from '../platform/verdicts.js'

/** The state file: small, plain, and everything in it can be rebuilt from the run directories. Times are ISO 8601, UTC. */
export const SCHEMA_NUMBER = 2

const time = v.nullable(v.string())

/** What kind of work a job is: servers that others use, a program that runs to its end, or one that holds its nodes for the work of others. */
export const SHAPES = ['serving', 'batch', 'holding'] as const
export type Shape = (typeof SHAPES)[number]

/**
 * An instance moves to the right, but for a job that was requeued and an end that was concluded too early. Servers, and a job that holds its
 * nodes, go from `starting` to `ready`; a batch job is `running` instead. `intended` is written before the scheduler is asked, so that a job
 * can be found again by its token whatever happens.
 */
export const PHASES = [
  'intended',
  'held',
  'submitted',
  'starting',
  'ready',
  'running',
  'stopping',
  'ended',
] as const
export type Phase = (typeof PHASES)[number]

export const OutcomeRecordSchema = v.object({
  kind: v.picklist([
    'completed',
    'failed',
    'cancelled',
    'timeout',
    'out-of-memory',
    'node-failed',
    'preempted',
    'lost',
  ]),
  exitCode: v.nullable(v.number()),
  signal: v.nullable(v.string()),
  /**
   * What it rests on: the scheduler's word about this very job, or the receipt of its last life; else it was concluded from an absence,
   * is undone when the job is seen again, and nothing that can't be undone is done because of it.
   */
  proof: v.picklist(['scheduler', 'receipt', 'concluded']),
  /** One sentence: the scheduler's reason in plain words, or the decisive log line. */
  summary: v.string(),
})
export type OutcomeRecord = v.InferOutput<typeof OutcomeRecordSchema>

const EndpointRecordSchema = v.object({
  scheme: v.string(),
  host: v.string(),
  port: v.number(),
  node: v.string(),
  /** Where the gate before it listens for other machines. */
  exposed: v.optional(
    v.object({
      host: v.string(),
      port: v.number(),
      reachedFrom: v.optional(v.string()),
      unreachedFrom: v.optional(v.string()),
    }),
  ),
  closed: v.optional(v.boolean()),
})
export type EndpointRecord = v.InferOutput<typeof EndpointRecordSchema>

/** One of the servers of an instance. */
const MemberRecordSchema = v.object({
  /** Where it listens, or last did. */
  endpoint: v.nullable(EndpointRecordSchema),
  /** When it was first seen to do its work, at this endpoint. */
  readyAt: time,
  /** How it ended while the job lives on without it, in words. */
  failed: v.nullable(v.string()),
})
export type MemberRecord = v.InferOutput<typeof MemberRecordSchema>

export const InstanceSchema = v.object({
  /** Four letters, also the end of the run directory's name. */
  id: v.string(),
  /** What the user calls it; unique among the instances that are alive. */
  name: v.string(),
  service: v.string(),
  shape: v.picklist(SHAPES),
  scheduler: v.picklist(['slurm', 'local']),
  token: v.string(),
  jobId: v.nullable(v.string()),
  /** Where its job is; null for local jobs and where it is not known. */
  cluster: v.nullable(v.object({ name: v.string(), controller: v.nullable(v.string()) })),
  /** The instance in whose allocation it runs; null: in one of its own. */
  allocation: v.nullable(v.string()),
  /** Lives of the job before the one that was last seen. */
  restarts: v.number(),
  /** When aibench was told to stop it. */
  stopAskedAt: time,
  phase: v.picklist(PHASES),
  runDir: v.string(),
  /** What the service was asked to be: `{profile: 'tuned', …}`; its own schema is the service's. */
  options: v.record(v.string(), v.unknown()),
  nodes: v.number(),
  /** As many as were asked for; absent where that was left to the site. */
  tasksPerNode: v.optional(v.number()),
  /** Names of the nodes, once known. */
  nodeList: v.array(v.string()),
  timeLimitMs: v.number(),
  intendedAt: v.string(),
  /** Until then the command that submits may still be at work; null when it has finished or given up. */
  submittingUntil: time,
  submittedAt: time,
  startedAt: time,
  /** All of its members that it can't do without; of a job that holds its nodes, when it said so. */
  readyAt: time,
  endedAt: time,
  /** Of the program that runs. */
  version: v.nullable(v.string()),
  /** By name; one that was not heard of yet has no entry. Empty for a batch job. */
  members: v.record(v.string(), MemberRecordSchema),
  /** When what follows on its being ready, and on its end, was done; null while that is due. */
  hooks: v.object({ ready: time, ended: time }),
  outcome: v.nullable(OutcomeRecordSchema),
  /** One line for `status`: `3 690 q/s · recall 0.998`. */
  lastResult: v.nullable(v.string()),
})
export type Instance = v.InferOutput<typeof InstanceSchema>

export const RunSchema = v.object({
  id: v.string(),
  service: v.string(),
  /** The instance that was measured, by its id; null for a server that aibench did not start. */
  instance: v.nullable(v.string()),
  /** The batch job that is this run, by its instance's id; null for one that a command made. */
  job: v.nullable(v.string()),
  /** Name of the instance, or the server's URL. */
  target: v.string(),
  dir: v.string(),
  startedAt: v.string(),
  endedAt: time,
  verdict: v.picklist(RUN_VERDICTS),
  /** What the server ran on: `1 × NVIDIA H100 80GB HBM3`; absent where it is not known. */
  hardware: v.optional(v.string()),
  /** `Llama-3.1-8B-Instruct`, `clustered 10 000 × 384`; absent where it is not known. */
  subject: v.optional(v.string()),
  /** `1 000 requests, Poisson 4/s`, `concurrency 1, 2, 4, 8`. */
  load: v.optional(v.string()),
  /** One line: what was measured. */
  summary: v.nullable(v.string()),
  /** The same as numbers, with their units in their names; null is what could not be measured. */
  figures: v.optional(v.record(v.string(), v.nullable(v.number()))),
})
export type Run = v.InferOutput<typeof RunSchema>

export const StateSchema = v.object({
  schema: v.literal(SCHEMA_NUMBER),
  /** Rises by one with every change. */
  revision: v.number(),
  writtenBy: v.object({ version: v.string(), host: v.string(), pid: v.number(), at: v.string() }),
  instances: v.record(v.string(), InstanceSchema),
  runs: v.record(v.string(), RunSchema),
})
export type State = v.InferOutput<typeof StateSchema>

/** Whether an end is known and not only concluded. */
export function isProvenEnd({ phase, outcome }: Pick<Instance, 'phase' | 'outcome'>): boolean {
  return phase === 'ended' && outcome !== null && outcome.proof !== 'concluded'
}
