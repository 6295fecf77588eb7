import { join } from 'node:path'
import * as v from 'valibot'
import { BugError } from '../../platform/errors.js'
import { readJsonIfThere, writeJson } from '../../platform/files.js'

/** Of the run directory: spans, a batch a line, by the Collector. */
export const TRACES_FILE = 'traces.jsonl'

/** What the command decided and the job does, in RUN_DIR/plan.json: no secrets. */

const ProgramSchema = v.object({
  /** The command; within the image where there is one. */
  argv: v.array(v.string()),
  /** `3.16.0`; null where nobody can tell before it runs. */
  version: v.nullable(v.string()),
  image: v.nullable(v.object({ path: v.string(), sha256: v.string() })),
})

const PlanSchema = v.object({
  schema: v.literal('monitors-plan/1'),
  /** Where the state file is that tells what runs. */
  stateDir: v.string(),
  scrapeIntervalMs: v.number(),
  /** As Prometheus reads it. */
  retention: v.string(),
  /** Null: a folder of the job on its node. */
  tsdbDir: v.nullable(v.string()),
  allowSharedTsdb: v.boolean(),
  /** On the node's own address, behind passwords; or on its loopback. */
  listen: v.picklist(['node', 'loopback']),
  /** How long the job may run, as it was asked for. */
  timeLimitMs: v.number(),
  programs: v.object({
    prometheus: ProgramSchema,
    grafana: v.optional(ProgramSchema),
    collector: v.optional(ProgramSchema),
    node: v.optional(ProgramSchema),
  }),
  /** The folder or .zip of an archive that is opened again; null of monitors that watch. */
  archive: v.nullable(v.string()),
})

export type ProgramPlan = v.InferOutput<typeof ProgramSchema>
export type MonitorsPlan = v.InferOutput<typeof PlanSchema>

export async function writePlan(runDir: string, plan: MonitorsPlan): Promise<void> {
  await writeJson(join(runDir, 'plan.json'), plan)
}

/** @throws BugError when it is not there or not as we write it */
export async function readPlan(runDir: string): Promise<MonitorsPlan> {
  const read = v.safeParse(PlanSchema, await readJsonIfThere(join(runDir, 'plan.json')))
  if (read.success) return read.output
  throw new BugError(`${runDir} holds no plan of monitors`)
}
