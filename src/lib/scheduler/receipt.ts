import { join } from 'node:path'
import * as v from 'valibot'
import { readTrustedJson } from '../platform/ownership.js'

const time = v.nullable(v.string())

const MemberEndSchema = v.object({
  exitCode: v.nullable(v.number()),
  signal: v.nullable(v.string()),
  /** Its end is the job's. */
  critical: v.boolean(),
})

/** `receipt.json`, written by the job script's exit trap: how the job ended, for ever. Times are ISO 8601, UTC. */
export const ReceiptSchema = v.object({
  jobId: v.string(),
  token: v.string(),
  /** Which life of the job wrote it: how often it had been requeued. */
  restarts: v.optional(v.number(), 0),
  /** The last phase reached: `starting`, `loading`, `ready`, `stopping`. */
  phase: v.string(),
  /** Of the member that the job ended with; null when none had started. */
  exitCode: v.nullable(v.number()),
  /** `TERM`, `KILL`, … that ended it or the script; null when it ended by itself. */
  signal: v.nullable(v.string()),
  /**
   * Why the script ended: `completed` (the job was the benchmark, and it said 0), `exit` (a member that is critical ended unasked),
   * `stopped` (told to), `time-limit`, `failed`, `not-ready`, `prologue`. Of 0.1.0 also `helper`: one that was no server ended.
   */
  cause: v.string(),
  /** Whose end it was, where it was not the job's one server: `collector`, `gate`, `worker on mel0002`. */
  member: v.optional(v.nullable(v.string())),
  /** How each that had started ended, by its name; empty in those of 0.1.0. */
  members: v.optional(v.record(v.string(), MemberEndSchema), {}),
  /** The service outlived its deadline after TERM. */
  killed: v.boolean(),
  node: v.string(),
  times: v.object({
    submitted: time,
    started: time,
    containerStarted: time,
    loaded: time,
    ready: time,
    ended: time,
  }),
})
export type Receipt = v.InferOutput<typeof ReceiptSchema>

/** `endpoint.MEMBER.json`, written by the job when that member listens. */
export const EndpointSchema = v.object({
  jobId: v.string(),
  token: v.string(),
  /** As in the receipt. */
  restarts: v.optional(v.number(), 0),
  scheme: v.picklist(['http', 'https']),
  /** What the service listens on, seen from its node: `127.0.0.1`. */
  host: v.string(),
  port: v.number(),
  /** The node's name and address on the fabric. */
  node: v.string(),
  ip: v.string(),
  /** The server's process on that node. */
  pid: v.number(),
  startedAt: v.string(),
  /** Where the token gate listens for other machines. */
  exposed: v.optional(
    v.object({
      host: v.string(),
      port: v.number(),
      /** Another node of the job from which it was reached, or was not, before it was told of. */
      reachedFrom: v.optional(v.string()),
      unreachedFrom: v.optional(v.string()),
    }),
  ),
  /** Its loopback is that of a network of its own, which its process `pid` is in: the gate is the one way in for all others. */
  closed: v.optional(v.boolean(), false),
})
export type Endpoint = v.InferOutput<typeof EndpointSchema>

/** @returns undefined when the job has not (yet) ended by itself, or the file is another job's */
export async function readReceipt(runDir: string, token: string): Promise<Receipt | undefined> {
  return readOwn(ReceiptSchema, join(runDir, 'receipt.json'), token)
}

/** A job that 0.1.0 submitted has one server, and its `endpoint.json` names none. */
export async function readEndpoint(
  runDir: string,
  token: string,
  member: string,
): Promise<Endpoint | undefined> {
  const own = await readOwn(EndpointSchema, join(runDir, `endpoint.${member}.json`), token)
  return own ?? readOwn(EndpointSchema, join(runDir, 'endpoint.json'), token)
}

/** `ready.json`, written by a job that holds its nodes when it has proven itself; gone when it begins again. */
const ReadyMarkSchema = v.object({
  jobId: v.string(),
  token: v.string(),
  /** As in the receipt. */
  restarts: v.optional(v.number(), 0),
  /** What it proved, in words: `10 nodes, 160 tasks by mpirun`. */
  detail: v.string(),
  at: v.string(),
})
export type ReadyMark = v.InferOutput<typeof ReadyMarkSchema>

export async function readReadyMark(runDir: string, token: string): Promise<ReadyMark | undefined> {
  return readOwn(ReadyMarkSchema, join(runDir, 'ready.json'), token)
}

/**
 * `ended.MEMBER.json`, written by the job when a member ends that it can do without: it lives on, and its receipt comes later.
 */
const MemberEndFileSchema = v.object({
  jobId: v.string(),
  token: v.string(),
  /** As in the receipt. */
  restarts: v.optional(v.number(), 0),
  exitCode: v.nullable(v.number()),
  signal: v.nullable(v.string()),
  at: v.string(),
})
export type MemberEnd = v.InferOutput<typeof MemberEndFileSchema>

export async function readMemberEnd(
  runDir: string,
  token: string,
  member: string,
): Promise<MemberEnd | undefined> {
  return readOwn(MemberEndFileSchema, join(runDir, `ended.${member}.json`), token)
}

async function readOwn<T extends v.GenericSchema<unknown, { token: string }>>(
  schema: T,
  path: string,
  token: string,
): Promise<v.InferOutput<T> | undefined> {
  const parsed = v.safeParse(schema, await readTrustedJson(path))
  return parsed.success && parsed.output.token === token ? parsed.output : undefined
}
