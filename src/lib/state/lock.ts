import { link, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { randomBytes } from 'node:crypto'
import type { Clock } from '../platform/clock.js'
import { Deadline } from '../platform/clock.js'
import { isErrno, StateError } from '../platform/errors.js'
import { processIdentity } from '../platform/machine.js'

/**
 * A lock that holds across the login nodes of a site, on NFS and Lustre: a file of one's own is linked to the lock's name, which the
 * server does in one step or not at all. (flock is per node or off on many Lustre mounts; a pid means nothing on another host.)
 * Source of the recipe: open(2), O_EXCL, on NFS.
 */
export interface LockOptions {
  clock: Clock
  hostname: string
  waitMs?: number
  /** A lock older than this, by the file server's own clock, was left by a dead holder on another host. */
  staleMs?: number
}

interface Holder {
  host: string
  pid: number
  /** Start of the process in clock ticks, so that a reused pid is not taken for it. */
  start: string | null
}

const WAIT_MS = 10_000
const STALE_MS = 60_000

/**
 * Runs `work` while holding `path`. Work must be short: milliseconds, no calls to anybody.
 * @throws StateError `AIB_STATE_LOCKED` when it can't be had in time
 */
export async function withLock<T>(
  path: string,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const claim = await acquire(path, options)
  try {
    await sweepClaims(path, claim)
    return await work()
  } finally {
    await release(path, claim)
  }
}

/** Claims of those who were killed while they waited. None that lives is as old: waiting ends long before. */
async function sweepClaims(path: string, own: string): Promise<void> {
  const prefix = `${basename(path)}.`
  const now = (await stat(own)).mtimeMs
  for (const name of await readdir(dirname(path))) {
    const claim = join(dirname(path), name)
    if (!name.startsWith(prefix) || claim === own) continue
    const found = await orUndefined(stat(claim))
    if (found && now - found.mtimeMs > 10 * STALE_MS) await rm(claim, { force: true })
  }
}

async function acquire(path: string, options: LockOptions): Promise<string> {
  const { clock, hostname, waitMs = WAIT_MS } = options
  const claim = `${path}.${hostname}.${process.pid}.${randomBytes(6).toString('hex')}`
  const holder: Holder = { host: hostname, ...processIdentity(process.pid) }
  const deadline = new Deadline(clock, waitMs)
  await writeFile(claim, JSON.stringify(holder), { flag: 'wx', mode: 0o600 })
  try {
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 50)) {
      if (await tryLink(claim, path)) return claim
      await breakIfDead(path, claim, options)
      if (deadline.passed) throw await lockedError(path, waitMs)
      await clock.sleep(pauseMs * (0.5 + jitter()))
    }
  } catch (error) {
    await rm(claim, { force: true })
    throw error
  }
}

/** NFS may answer "exists" for a link that it has just made, when the answer was lost: the link count tells the truth. */
async function tryLink(claim: string, path: string): Promise<boolean> {
  try {
    await link(claim, path)
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error
  }
  return (await stat(claim)).nlink === 2
}

async function release(path: string, claim: string): Promise<void> {
  // Only what is still ours: a holder that was slower than the stale limit may have lost it.
  const [own, current] = await Promise.all([stat(claim), stat(path)].map(orUndefined))
  if (own && current && own.ino === current.ino) await rm(path, { force: true })
  await rm(claim, { force: true })
}

/** Takes a dead holder's lock away by renaming it: of several who try, one succeeds, and a fresh lock is never removed unseen. */
async function breakIfDead(path: string, claim: string, options: LockOptions): Promise<void> {
  const seen = await orUndefined(stat(path))
  if (!seen || !(await isDead(path, claim, seen.mtimeMs, options))) return
  const taken = `${claim}.broken`
  try {
    await rename(path, taken)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return
    throw error
  }
  const moved = await stat(taken)
  // Between the look and the rename a living one may have taken it: give it back.
  if (moved.ino !== seen.ino) await link(taken, path).catch(() => undefined)
  await rm(taken, { force: true })
}

async function isDead(
  path: string,
  claim: string,
  mtimeMs: number,
  { hostname, staleMs = STALE_MS }: LockOptions,
): Promise<boolean> {
  const holder = await readHolder(path)
  if (holder?.host === hostname) {
    const now = processIdentity(holder.pid)
    return now.start === null || now.start !== holder.start
  }
  // Both times are the file server's: ours is renewed by the write of the claim.
  const own = await orUndefined(stat(claim))
  return own !== undefined && Math.max(own.ctimeMs, own.mtimeMs) - mtimeMs > staleMs
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

async function lockedError(path: string, waitMs: number): Promise<StateError> {
  const holder = await readHolder(path)
  const who = holder ? `process ${holder.pid} on ${holder.host}` : 'somebody'
  return new StateError(`The state file is locked by ${who} for more than ${waitMs / 1000} s`, {
    code: 'AIB_STATE_LOCKED',
    where: path,
    hints: [`rm ${path}   (only when that process is gone)`],
  })
}

function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  return promise.catch(() => undefined)
}

function jitter(): number {
  return randomBytes(1)[0] / 255
}
