import { rmSync } from 'node:fs'
import { processIdsOf } from './processes.js'

/** What has to be done when the tests are cut off: then no scope ends, and no hook is run. */
const undone = new Set<() => void>()

/** @returns takes it back: it was done in its time */
export function atInterrupt(undo: () => void): () => void {
  undone.add(undo)
  return () => void undone.delete(undo)
}

/** A folder of a test's own: what runs in it is ended, and it is removed. */
export function ownAtInterrupt(folder: string): () => void {
  return atInterrupt(() => {
    // Supervisors and scripts of jobs end what is theirs.
    signalAll(folder, 'SIGTERM')
    for (let i = 0; i < 100 && processIdsOf(folder).length > 0; i++) pause(100)
    signalAll(folder, 'SIGKILL')
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  })
}

let isDone = false

/** Mocha's program passes an INT on to the tests, and a TERM after it: they are gone before any of their ends is done. */
export function endOnSignals(): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)
    process.prependListener(signal, () => {
      if (isDone) return
      isDone = true
      undoAll()
      process.exit(code)
    })
  process.on('exit', undoAll)
}

/** The last that was begun first. */
function undoAll(): void {
  for (const undo of [...undone].reverse()) {
    undone.delete(undo)
    try {
      undo()
    } catch (error) {
      process.stderr.write(`${String(error)}\n`)
    }
  }
}

function signalAll(folder: string, signal: NodeJS.Signals): void {
  for (const pid of processIdsOf(folder))
    try {
      process.kill(pid, signal)
    } catch {
      // It has just ended.
    }
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
