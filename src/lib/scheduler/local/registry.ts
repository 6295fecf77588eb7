import { join } from 'node:path'
import * as v from 'valibot'
import {
  createExclusively,
  isFolder,
  listNames,
  makePrivateDir,
  readJsonIfThere,
  readTextIfThere,
  removeTree,
  writeJson,
} from '../../platform/files.js'

/** What the local scheduler knows about a job: one small file each, replaced whole. */
const LocalJobSchema = v.object({
  id: v.string(),
  token: v.string(),
  name: v.string(),
  runDir: v.string(),
  /** Of the run directory when it was submitted; empty in those of an older aibench. */
  seal: v.optional(v.string(), ''),
  host: v.string(),
  bootId: v.string(),
  timeLimitMs: v.number(),
  submittedAt: v.string(),
  startedAt: v.nullable(v.string()),
  supervisor: v.nullable(v.object({ pid: v.number(), start: v.nullable(v.string()) })),
  /** What it was given of this machine's GPUs, and by which variable; absent when it asked for none. */
  gpus: v.optional(v.object({ variable: v.string(), ids: v.array(v.string()) })),
  cancelled: v.boolean(),
  /** Seen to have ended, and nothing of it is left running. */
  ended: v.boolean(),
})
export type LocalJob = v.InferOutput<typeof LocalJobSchema>

/** As Slurm forgets its jobs, so does this list. */
const FORGET_MS = 7 * 86_400_000

export async function writeJob(folder: string, job: LocalJob): Promise<void> {
  await makePrivateDir(folder)
  await writeJson(join(folder, `${job.id}.json`), job)
}

export async function readJob(folder: string, id: string): Promise<LocalJob | undefined> {
  const parsed = v.safeParse(LocalJobSchema, await readJsonIfThere(join(folder, `${id}.json`)))
  return parsed.success ? parsed.output : undefined
}

export async function listJobs(folder: string): Promise<LocalJob[]> {
  const files = (await listNames(folder)).filter((name) => name.endsWith('.json'))
  const jobs = await Promise.all(files.map((name) => readJob(folder, name.slice(0, -5))))
  return jobs.filter((job) => job !== undefined)
}

/**
 * `ID.claim`: who runs the job, written once and by one only. A supervisor's holds its pid, its start in clock ticks since boot and the
 * time of day; that of a cancel before the start is empty. Where there are no hard links a supervisor's is the file `holder` in a folder.
 */
export async function claimOf(
  folder: string,
  id: string,
): Promise<{ pid: number; start: string; at: string } | undefined> {
  const claim = join(folder, `${id}.claim`)
  const text = await readTextIfThere((await isFolder(claim)) ? join(claim, 'holder') : claim)
  const [pid, start, at] = text?.trim().split(' ') ?? []
  return at === undefined ? undefined : { pid: Number(pid), start, at }
}

/** @returns false when somebody has it already */
export async function takeClaim(folder: string, id: string): Promise<boolean> {
  return createExclusively(join(folder, `${id}.claim`), '')
}

/** Forgets old jobs. Times alone prove nothing: a clock may be wrong. */
export async function pruneJobs(
  folder: string,
  now: Date,
  lives: (job: LocalJob) => Promise<boolean>,
): Promise<void> {
  for (const job of await listJobs(folder)) {
    const { id, submittedAt, timeLimitMs } = job
    const isOld = now.getTime() - Date.parse(submittedAt) > FORGET_MS + timeLimitMs
    if (isOld && !(await lives(job)))
      for (const name of [`${id}.json`, `${id}.claim`]) await removeTree(join(folder, name))
  }
}
