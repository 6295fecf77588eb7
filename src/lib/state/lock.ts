import { mkdir, readdir, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { randomBytes } from 'node:crypto'
import type { Clock } from '../platform/clock.js'
import { Deadline } from '../platform/clock.js'
import { isErrno, StateError } from '../platform/errors.js'
import { processIdentity } from '../platform/machine.js'
import { isOurs, putMark, readMark, removeMark, takeAway, type Mark } from './lock-mark.js'

/**
 * A lock that holds across the login nodes of a site, on NFS and Lustre and on file systems without hard links. (flock is per node or
 * off on many Lustre mounts; a pid means nothing on another host.)
 */
export interface LockOptions {
  clock: Clock
  hostname: string
  /** How long one and the same holder is waited for. */
  waitMs?: number
  /** How long it is waited for in all, while it goes from hand to hand. */
  waitForAllMs?: number
  /** A lock older than this, by the file server's own clock, was left by a dead holder on another host. */
  staleMs?: number
  /** link(2), or what a file system without hard links makes of it. */
  makeLink?: (from: string, to: string) => Promise<void>
}

/** Whether the lock is still ours: to be asked before what was done under it counts. */
export type Held = () => Promise<boolean>

interface Holder {
  host: string
  pid: number
  /** Start of the process in clock ticks, so that a reused pid is not taken for it. */
  start: string | null
}

interface Claim {
  /** A file of our own beside the lock; its age is told by the file server. */
  file: string
  text: string
}

const WAIT_MS = 20_000
const WAIT_FOR_ALL_MS = 60_000
const STALE_MS = 60_000
/** To break a lock takes a few file operations. Whoever began it so long ago was killed. */
const BREAKING_MS = 10_000
const LONGEST_PAUSE_MS = 50

/**
 * Runs `work` while holding `path`. Work must be short: milliseconds, no calls to anybody.
 * @throws StateError `AIB_STATE_LOCKED` when it can't be had in time
 */
export async function withLock<T>(
  path: string,
  options: LockOptions,
  work: (held: Held) => Promise<T>,
): Promise<T> {
  const claim = await acquire(path, options)
  try {
    await sweepClaims(path, claim.file)
    return await work(() => isOurs(path, claim.text))
  } finally {
    await removeMark(path, claim.text, `${claim.file}.done`)
    await remove(claim.file)
  }
}

/** What is left of those who were killed while they waited. None that lives is as old: waiting ends long before. */
async function sweepClaims(path: string, own: string): Promise<void> {
  const prefix = `${basename(path)}.`
  const now = (await stat(own)).mtimeMs
  for (const name of await readdir(dirname(path))) {
    const claim = join(dirname(path), name)
    if (!name.startsWith(prefix) || claim === own) continue
    const found = await orUndefined(stat(claim))
    if (found && now - found.mtimeMs > 10 * STALE_MS) await remove(claim)
  }
}

async function acquire(path: string, options: LockOptions): Promise<Claim> {
  const { clock, hostname, waitMs = WAIT_MS, waitForAllMs = WAIT_FOR_ALL_MS } = options
  const id = randomBytes(6).toString('hex')
  const file = `${path}.${hostname}.${process.pid}.${id}`
  const text = JSON.stringify({ host: hostname, ...processIdentity(process.pid), id })
  const claim = { file, text }
  const deadline = new Deadline(clock, waitForAllMs)
  let patience = new Deadline(clock, waitMs)
  let before: string | undefined
  await writeFile(file, text, { flag: 'wx', mode: 0o600 })
  try {
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      if (await putMark(file, path, text, options.makeLink)) return claim
      const mark = await orUndefined(readMark(path))
      if (mark && (await isDead(mark, claim, options))) await breakLock(path, mark, claim)
      // Many who wait are let in one after another; one that never lets go is told of.
      if (mark?.text !== before) patience = new Deadline(clock, waitMs)
      before = mark?.text
      if (patience.passed) throw lockedError(path, mark, waitMs)
      if (deadline.passed) throw crowdedError(path, waitForAllMs)
      await clock.sleep(pauseMs * (0.5 + jitter()))
    }
  } catch (error) {
    await remove(file)
    throw error
  }
}

/** One at a time, so that of two who saw the same dead holder the slower does not take the faster one's new lock away. */
async function breakLock(path: string, seen: Mark, claim: Claim): Promise<void> {
  const breaking = `${path}.breaking`
  try {
    await mkdir(breaking, { mode: 0o700 })
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error
    const other = await orUndefined(stat(breaking))
    if (other && (await ageMs(other.mtimeMs, claim)) > BREAKING_MS) await remove(breaking)
    return
  }
  try {
    if (await isOurs(path, seen.text)) await takeAway(path, seen.text, `${claim.file}.broken`)
  } finally {
    await rmdir(breaking).catch(() => undefined)
  }
}

async function isDead(mark: Mark, claim: Claim, options: LockOptions): Promise<boolean> {
  const { hostname, staleMs = STALE_MS } = options
  const holder = holderIn(mark)
  if (holder?.host === hostname) {
    const now = processIdentity(holder.pid)
    return now.start === null || now.start !== holder.start
  }
  return (await ageMs(mark.mtimeMs, claim)) > staleMs
}

/** By the file server's clock: the claim is written anew, and so has its time. */
async function ageMs(mtimeMs: number, { file, text }: Claim): Promise<number> {
  await writeFile(file, text)
  return (await stat(file)).mtimeMs - mtimeMs
}

function holderIn(mark: Mark | undefined): Holder | undefined {
  try {
    return JSON.parse(mark?.text ?? '') as Holder
  } catch {
    return undefined
  }
}

function lockedError(path: string, mark: Mark | undefined, waitedMs: number): StateError {
  const holder = holderIn(mark)
  const who = holder ? `process ${holder.pid} on ${holder.host}` : 'somebody'
  return new StateError(`The state file is locked by ${who} for more than ${waitedMs / 1000} s`, {
    code: 'AIB_STATE_LOCKED',
    where: path,
    hints: [`rm -r ${path}   # only when that process is gone`],
  })
}

/** Nobody has died: to take the lock away would do harm. */
function crowdedError(path: string, waitedMs: number): StateError {
  return new StateError(
    `Many commands use the state file at once: this one had no turn in ${waitedMs / 1000} s`,
    { code: 'AIB_STATE_LOCKED', where: path, hints: ['run it again when fewer run'] },
  )
}

function remove(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true })
}

function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  return promise.catch(() => undefined)
}

function jitter(): number {
  return randomBytes(1)[0] / 255
}
