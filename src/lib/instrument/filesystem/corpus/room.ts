import { dirname, resolve } from 'node:path'
import type { Processes } from '../../../platform/processes.js'
import { parseProject, parseQuota, type Quota } from './quota.js'

/** How much more may be written below a directory, as far as it can be told. */
export interface Room {
  /** As stat(1) names it: `lustre`, `ext2/ext3`; null where it does not say. */
  type: string | null
  freeBytes: number | null
  freeInodes: number | null
  /** By whom they count: `user quota`, `group quota`, `project quota`. */
  quotas: ReadonlyMap<string, Quota>
}

export type Runner = Pick<Processes, 'run'>

/** On a file system whose servers are away a question never comes back. */
const TIMEOUT_MS = 5000
/** A process that waits for such a server can't be killed: it is left behind. */
const GIVE_UP_MS = TIMEOUT_MS + 1000

/** Never throws, and takes no longer than some seconds: what does not answer is unknown. */
export async function roomBelow(dir: string, runner: Runner): Promise<Room> {
  const found = await fileSystemBelow(resolve(dir), runner)
  if (found === undefined)
    return { type: null, freeBytes: null, freeInodes: null, quotas: new Map() }
  const { path, ...room } = found
  const isLustre = room.type === 'lustre'
  return { ...room, quotas: isLustre ? await quotasOf(path, runner) : new Map() }
}

interface FileSystem extends Omit<Room, 'quotas'> {
  path: string
}

/** Of the nearest directory that is there. */
async function fileSystemBelow(path: string, runner: Runner): Promise<FileSystem | undefined> {
  // Type, block size, blocks for ordinary users, inodes free and in all. Source: stat(1) of coreutils.
  const said = await ask(runner, 'stat', ['-f', '-c', '%T %S %a %d %c', '--', path])
  if (said === null) return undefined
  const match = /^(.+) (\d+) (\d+) (\d+) (\d+)\s*$/.exec(said)
  if (match === null) return path === '/' ? undefined : fileSystemBelow(dirname(path), runner)
  const [, type, ...figures] = match
  const [blockBytes, blocks, inodes, allInodes] = figures.map(Number)
  return {
    path,
    // Older versions of stat know it by its number only.
    type: /0xbd00bd0/i.test(type) ? 'lustre' : /^UNKNOWN/.test(type) ? null : type,
    freeBytes: blockBytes * blocks,
    // Some file systems make inodes as they need them, and say that they have none.
    freeInodes: allInodes === 0 ? null : inodes,
  }
}

async function quotasOf(path: string, runner: Runner): Promise<Map<string, Quota>> {
  const [group, project] = await Promise.all([groupOf(path, runner), projectOf(path, runner)])
  const user = process.getuid?.() ?? null
  const asked = [
    ['user quota', '-u', user],
    ['group quota', '-g', group],
    ['project quota', '-p', project],
  ] as const
  const answers = await Promise.all(
    asked.map(async ([name, flag, id]): Promise<[string, Quota][]> => {
      if (id === null) return []
      const said = await ask(runner, 'lfs', ['quota', flag, String(id), path])
      const quota = parseQuota(said ?? '')
      return quota ? [[name, quota]] : []
    }),
  )
  return new Map(answers.flat())
}

/** The group of new files: that of the directory where it hands it on, else one's own. */
async function groupOf(path: string, runner: Runner): Promise<string | null> {
  const said = await ask(runner, 'stat', ['-c', '%g %a', '--', path])
  const [, group, mode] = /^(\d+) ([0-7]+)\s*$/.exec(said ?? '') ?? []
  const isHandedOn = mode !== undefined && (parseInt(mode, 8) & 0o2000) !== 0
  if (isHandedOn) return group
  const own = process.getgid?.()
  return own === undefined ? null : String(own)
}

async function projectOf(path: string, runner: Runner): Promise<string | null> {
  return parseProject((await ask(runner, 'lfs', ['project', '-d', path])) ?? '')
}

/** @returns what it printed, be it nothing; null when it did not come back in time or could not be started */
async function ask(runner: Runner, command: string, args: string[]): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, GIVE_UP_MS, null)
  })
  const ran = runner
    .run(command, args, { timeoutMs: TIMEOUT_MS })
    .then(({ stdout, timedOut, missing }) => (timedOut || missing ? null : stdout))
  try {
    return await Promise.race([ran, late])
  } finally {
    clearTimeout(timer)
  }
}
