import { runBounded } from '../../../platform/children.js'
import { isFolder } from '../../../platform/files.js'
import { countFiles, removeFolders, removeShare } from '../../../platform/shared-removal.js'
import { cleanedText, writeCleaned, type Cleaned } from '../cleaned.js'
import { leftOverOf } from '../left-over.js'
import { onEveryNode, sayCommand, self, type JobContext, type Where } from './context.js'
import { tell } from './tell.js'

/** Removes what a run wrote, by several processes on each of its nodes: one process would take hours for what thousands have made. */

const PROCESSES_PER_NODE = 4
/** Counting is not removing: beyond so many it is said that there are more. */
const MOST_COUNTED = 1_000_000

/** The verb `clean FOLDER [SECONDS [SHARE OF]]`: this process' share of the files; all, and the folders too, without one. */
export async function clean(
  context: JobContext,
  [folder, seconds = '0', share, of]: readonly string[],
): Promise<number> {
  const { variables } = context.environment
  const until = context.clock.monotonicMs() + Number(seconds) * 1000
  const isOver = () =>
    context.stop.aborted || (Number(seconds) > 0 && context.clock.monotonicMs() >= until)
  const index = Number(share ?? variables.SLURM_PROCID ?? variables.AIBENCH_TASK ?? 0)
  const total = Number(of ?? 1)
  const removed = await removeShare(folder, { index, of: total, isOver })
  if (total === 1) await removeFolders(folder)
  context.answer(removed)
  return removed.troubles.length > 0 ? 1 : 0
}

/** Removes the folder from all nodes. It goes no further when the time is over. */
export async function cleanUp(
  context: JobContext,
  where: Where,
  folder: string,
  limitMs: number,
): Promise<Cleaned> {
  const began = context.clock.monotonicMs()
  const tasks = where.nodes * PROCESSES_PER_NODE
  const seconds = `${Math.max(1, Math.floor(limitMs / 1000))}`
  const verb = self(context, 'clean', folder, seconds)
  const argv =
    where.scheduler === 'local'
      ? verb
      : onEveryNode(
          // A core for each is not needed: they wait for servers.
          { ...where, overcommit: true },
          ['bash', '-c', 'exec "$@" "$SLURM_PROCID" "$SLURM_NTASKS"', 'clean', ...verb],
          PROCESSES_PER_NODE,
        )
  sayCommand(context, argv)
  // More unlinks at once than libuv's four: each waits for a server.
  const env = { UV_THREADPOOL_SIZE: '16' }
  const limits = { env, timeoutMs: limitMs + 5_000 }
  const ran = await runBounded(argv, limits)
  const said = ran.exitCode === 0 ? [] : ran.stderr.trim().split('\n').slice(-1).filter(Boolean)
  let parts = partsIn(ran.stdout)
  // Slurm starts no step in a job whose time is over: what this node can do in the time that is left is better than nothing.
  if (parts.length === 0 && where.scheduler === 'slurm')
    parts = partsIn((await runBounded(verb, limits)).stdout)
  if (tasks > 1) await runBounded(self(context, 'remove-folders', folder), { timeoutMs: 20_000 })
  const isThere = await isFolder(folder)
  const files = isThere ? await countFiles(folder, MOST_COUNTED) : 0
  return {
    files: parts.reduce((sum, part) => sum + part.files, 0),
    seconds: (context.clock.monotonicMs() - began) / 1000,
    left: isThere ? { files, isMore: files >= MOST_COUNTED } : null,
    troubles: [...new Set([...parts.flatMap(({ troubles }) => troubles), ...said])],
  }
}

/** The verb `remove-folders FOLDER`. */
export async function cleanFolders(_: JobContext, [folder]: readonly string[]): Promise<number> {
  return (await removeFolders(folder)) ? 0 : 1
}

const partsIn = (stdout: string) => stdout.split('\n').flatMap(partOf)

function partOf(line: string): { files: number; troubles: string[] }[] {
  try {
    const part = JSON.parse(line) as { files?: unknown; troubles?: unknown }
    const { files, troubles } = part
    return typeof files === 'number' && Array.isArray(troubles)
      ? [{ files, troubles: troubles.map(String) }]
      : []
  } catch {
    return []
  }
}

/** Slurm's time limit comes first. */
const CLEAN_LIMIT_MS = 12 * 3_600_000

/** The verb `clean-up RUN_DIR OF_RUN_DIR NODES`: a job of its own, for what the run of the other run directory has left. */
export async function cleanUpJob(
  context: JobContext,
  [runDir, ofRunDir, nodes]: readonly string[],
): Promise<number> {
  try {
    const left = await leftOverOf(ofRunDir)
    if (!left) return 0
    const { scheduler } = left.plan
    const where: Where = { scheduler, nodes: Number(nodes) }
    const cleaned = await cleanUp(context, where, left.folder, CLEAN_LIMIT_MS)
    await writeCleaned(runDir, cleaned)
    context.say(cleanedText(cleaned))
    return 0
  } catch (error) {
    return tell(context, error)
  }
}
