import { join } from 'node:path'
import * as v from 'valibot'
import { readJsonIfThere, writeJson } from '../../platform/files.js'

/** `plan.json` of an allocation that is held. */
const HoldPlanSchema = v.object({
  id: v.string(),
  dir: v.string(),
  scheduler: v.picklist(['slurm', 'local']),
  nodes: v.number(),
  fileSystem: v.object({ kind: v.picklist(['lustre', 'posix']), name: v.string() }),
})
export type HoldPlan = v.InferOutput<typeof HoldPlanSchema>

const FILE = 'plan.json'

export async function writeHoldPlan(runDir: string, plan: HoldPlan): Promise<void> {
  await writeJson(join(runDir, FILE), plan)
}

export async function readHoldPlan(runDir: string): Promise<HoldPlan | undefined> {
  const read = v.safeParse(HoldPlanSchema, await readJsonIfThere(join(runDir, FILE)))
  return read.success ? read.output : undefined
}
