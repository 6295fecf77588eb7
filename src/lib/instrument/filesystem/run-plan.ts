import { join } from 'node:path'
import * as v from 'valibot'
import { readJsonIfThere, writeJson } from '../../platform/files.js'

/**
 * `plan.json` of a run: what was asked for, complete, before the job was submitted. The job does what it says, and who reads the result
 * later learns from it what was meant.
 */
export const RunPlanSchema = v.object({
  /** Of the run, which is the instance's. */
  id: v.string(),
  task: v.picklist(['io500', 'ior', 'mdtest']),
  program: v.object({
    kind: v.picklist(['binary', 'image']),
    /** The binary as the nodes find it; of an image, the one in it. A bare name is looked for in PATH there, after the module is loaded. */
    path: v.string(),
    /** The image's file; null of a binary. */
    image: v.nullable(v.string()),
    module: v.nullable(v.string()),
    /** As it says itself; null where it could not be asked before the job. */
    version: v.nullable(v.string()),
    /** Of the binary, or of the image. */
    sha256: v.nullable(v.string()),
  }),
  /** What it is called: the file that was given, or `preset quick`. The ini itself is `config.ini` of the run directory. */
  ini: v.nullable(v.string()),
  preset: v.nullable(v.string()),
  /** Of IOR and mdtest alone. */
  args: v.array(v.string()),
  scheduler: v.picklist(['slurm', 'local']),
  nodes: v.number(),
  /** MPI processes in all. */
  tasks: v.number(),
  repeats: v.number(),
  stonewallSeconds: v.nullable(v.number()),
  /** The user's directory, and ours in it, which holds all test files and is gone after the run. */
  dir: v.string(),
  dataDir: v.string(),
  /** `default`, `suggested`, or the file with lfs commands that was given; those are `layout.sh` of the run directory. */
  layout: v.string(),
  /** Told by the directory before the job: Lustre's own commands are run on nothing else. */
  fileSystem: v.object({ kind: v.picklist(['lustre', 'posix']), name: v.string() }),
  strict: v.boolean(),
  /** A file that outlives the run, where it is kept which launcher works here. */
  launcherMemory: v.string(),
})
export type RunPlan = v.InferOutput<typeof RunPlanSchema>

const FILE = 'plan.json'

export async function writeRunPlan(runDir: string, plan: RunPlan): Promise<void> {
  await writeJson(join(runDir, FILE), plan)
}

/** @returns undefined where there is none, or one of another version */
export async function readRunPlan(runDir: string): Promise<RunPlan | undefined> {
  const read = v.safeParse(RunPlanSchema, await readJsonIfThere(join(runDir, FILE)))
  return read.success ? read.output : undefined
}

/** Where a repeat, counted from 1, leaves what the program wrote. */
export const resultDirOf = (runDir: string, repeat: number): string =>
  join(runDir, 'results', String(repeat))
