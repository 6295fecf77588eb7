import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { giveSign, OWNER, OWNER_GONE, SIGN_EVERY_MS, STOP, Watch, WORKER } from './life.js'

/**
 * A thread beside the measuring one, which may be at work for minutes or hang: gives its signs of life, sees that it is to stop (the
 * stop file is there, or its owner is gone), tells it, and ends the whole process when it does not.
 */

export interface WatchdogData {
  runDir: string
  /** The one that others watch; a further worker gives no signs. */
  isLeader: boolean
  stopDeadlineMs: number
}

/** Towards the measuring thread. */
export interface StopWord {
  why: string
}

const LOOK_EVERY_MS = 250
const OWNER_EVERY_MS = 1_000

const { runDir, isLeader, stopDeadlineMs } = workerData as WatchdogData
const owner = new Watch(runDir, OWNER)
let [lastSignMs, lastOwnerMs] = [0, 0]
let stoppingSinceMs: number | undefined

function stopping(): void {
  stoppingSinceMs ??= performance.now()
}

function reason(): string | undefined {
  if (existsSync(join(runDir, STOP))) return readFileSync(join(runDir, STOP), 'utf8').trim()
  if (performance.now() - lastOwnerMs < OWNER_EVERY_MS) return undefined
  lastOwnerMs = performance.now()
  return owner.isGone ? OWNER_GONE : undefined
}

function look(): void {
  const nowMs = performance.now()
  if (isLeader && nowMs - lastSignMs > SIGN_EVERY_MS) {
    lastSignMs = nowMs
    giveSign(runDir, WORKER)
  }
  if (stoppingSinceMs === undefined) {
    const why = reason()
    if (why === undefined) return
    stopping()
    parentPort!.postMessage({ why } satisfies StopWord)
  } else if (nowMs - stoppingSinceMs > stopDeadlineMs) process.kill(process.pid, 'SIGKILL')
}

// It was told by a signal, or by its owner's end of a pipe.
parentPort!.on('message', stopping)
setInterval(look, LOOK_EVERY_MS)
look()
