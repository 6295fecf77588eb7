import { join } from 'node:path'
import * as v from 'valibot'
import { aibench } from '../../../platform/command-line.js'
import { EnvironmentError } from '../../../platform/errors.js'
import {
  createExclusively,
  exists,
  readJsonIfThere,
  removeTree,
  writeJson,
} from '../../../platform/files.js'
import { nodeName, type JobContext } from './context.js'

/**
 * Two runs at once in one directory measure each other: a file in it says who is at work. Its owner writes a new time into it every so
 * often; one whose time is old, or whose run has left its receipt, has nobody behind it.
 */
const LockSchema = v.object({
  run: v.string(),
  runDir: v.string(),
  job: v.string(),
  host: v.string(),
  at: v.string(),
})

const FILE = '.aibench-run.json'
const SIGN_EVERY_MS = 15_000
const STALE_MS = 120_000

/** @throws EnvironmentError `AIB_DIRECTORY_BUSY` */
export async function takeDirectory(
  context: JobContext,
  { dir, runDir, id }: { dir: string; runDir: string; id: string },
): Promise<{ release(): Promise<void> }> {
  const path = join(dir, FILE)
  const { variables } = context.environment
  const lock = () => ({
    run: id,
    runDir,
    job: variables.SLURM_JOB_ID ?? variables.AIBENCH_LOCAL_JOB_ID ?? 'unknown',
    host: nodeName(context),
    at: context.clock.now().toISOString(),
  })
  if (!(await createExclusively(path, `${JSON.stringify(lock())}\n`))) {
    const other = v.safeParse(LockSchema, await readJsonIfThere(path))
    if (other.success && other.output.run !== id && (await isAtWork(context, other.output)))
      throw busy(dir, other.output)
    await writeJson(path, lock())
  }
  const signs = setInterval(
    () => void writeJson(path, lock()).catch(() => undefined),
    SIGN_EVERY_MS,
  )
  signs.unref()
  return {
    async release() {
      clearInterval(signs)
      await removeTree(path)
    },
  }
}

async function isAtWork(
  { clock }: JobContext,
  { runDir, at }: v.InferOutput<typeof LockSchema>,
): Promise<boolean> {
  if (await exists(join(runDir, 'receipt.json'))) return false
  return clock.now().getTime() - Date.parse(at) < STALE_MS
}

function busy(dir: string, { run, job, host }: v.InferOutput<typeof LockSchema>): EnvironmentError {
  return new EnvironmentError(`Another run is at work in ${dir}`, {
    code: 'AIB_DIRECTORY_BUSY',
    where: `run ${run}, job ${job} on ${host}: both would measure each other`,
    hints: [aibench('status'), aibench('lustre', 'io500', '--dir', 'ANOTHER')],
  })
}
