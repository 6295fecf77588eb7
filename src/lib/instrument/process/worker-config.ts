import * as v from 'valibot'
import { AccessSchema, MeasuringPathSchema } from '../http/access.js'

/** What is measured, in the words of its service; for hints that can be pasted and for the result. */
export const MeasuredServiceSchema = v.object({
  /** Its topic on the command line. */
  kind: v.string(),
  /** For sentences and as the product's name. */
  title: v.string(),
  /** What it speaks, in the words of the benchmark. */
  protocol: v.string(),
  /** The flag that names the file of a token: `--token-file`. */
  tokenFlag: v.string(),
  /** A path that anybody with the token may GET to see it answer. */
  callPath: v.string(),
})
export type MeasuredService = v.InferOutput<typeof MeasuredServiceSchema>

/**
 * Of the whole job of a measuring process: where to aim, where to write. The rest is its kind's. Read from a 0600 file, never from argv.
 */
export const WORKER_CONFIG = {
  service: MeasuredServiceSchema,
  url: v.string(),
  /** 0600 file with a bearer token; null when none is needed. */
  tokenFile: v.nullable(v.string()),
  /** In place of `tokenFile`, for somebody's server. */
  access: v.optional(AccessSchema),
  path: v.nullable(MeasuringPathSchema),
  /** The name of the instance, for commands to paste; null for a server that is known by its address alone. */
  instance: v.nullable(v.string()),
  /** Process of the server on the worker's node; null when it can't be known. */
  serverPid: v.nullable(v.number()),
  /** Of an instance of ours, its run directory: exporters beside it keep figures there. */
  instanceDir: v.optional(v.string()),
  /** Command lines that start a further worker, by node; the first runs one itself. Empty: on this node. */
  workers: v.array(v.array(v.string())),
  /** Where plan.json, requests.ndjson and result.json go. */
  runDir: v.string(),
  runId: v.string(),
  /** There is a store of figures: what grows is told once a second. */
  tellsGrowth: v.optional(v.boolean()),
  /** Copied into the result as it is. `simulated: true` marks every output. */
  provenance: v.record(v.string(), v.unknown()),
}

export interface WorkerConfig extends v.InferOutput<
  v.ObjectSchema<typeof WORKER_CONFIG, undefined>
> {
  kind: string
}
