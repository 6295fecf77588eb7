import { existsSync, fstatSync } from 'node:fs'
import type { Socket } from 'node:net'
import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { OWNER, OWNER_GONE, writeLife, WORKER } from './life.js'
import type { StopWord, WatchdogData } from './watchdog.js'

/** After it was told to stop, a worker has this long to write what it has and to drop its collection. */
export const STOP_DEADLINE_MS = 20_000

/** All that tells a measuring process to stop, as one signal with the reason in words. */
export class Stopping {
  readonly #controller = new AbortController()
  #watchdog: Worker | undefined

  /** USR2 is what srun passes on; at a TERM it kills what it runs. */
  constructor() {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'] as const)
      process.on(signal, () => this.stop(`told by ${signal}`))
    process.stdout.on('error', () => this.stop('nobody reads what it says'))
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Why, when it was told to. */
  get why(): string | undefined {
    return this.signal.aborted ? (this.signal.reason as Error).message : undefined
  }

  /**
   * From here on the owner is watched, and the stop file. Without an owner (a worker that somebody runs by hand) there is nothing to watch.
   * @param program the worker's own, beside which the watchdog's is
   */
  async watch(runDir: string, isLeader: boolean, program: string): Promise<void> {
    if (!existsSync(join(runDir, OWNER))) return
    if (isLeader) await writeLife(runDir, WORKER)
    this.#untilEndOfInput(isLeader)
    const data: WatchdogData = { runDir, isLeader, stopDeadlineMs: STOP_DEADLINE_MS }
    const file = join(program, '..', `watchdog${extname(program)}`)
    const thread = new Worker(file, { workerData: data })
    thread.on('message', ({ why }: StopWord) => this.stop(why))
    // Without it (no more threads allowed) the command's own watching must do.
    thread.on('error', () => (this.#watchdog = undefined))
    thread.unref()
    this.#watchdog = thread
    if (this.signal.aborted) thread.postMessage('stopping')
  }

  /** Who holds the other end of our input is gone when it ends. A leader is told nothing by it, and it keeps no leader alive. */
  #untilEndOfInput(isLeader: boolean): void {
    const input = fstatSync(0)
    if (!input.isFIFO() && !input.isSocket()) return
    process.stdin.on('end', () => this.stop(isLeader ? OWNER_GONE : 'the leading worker is gone'))
    process.stdin.on('error', () => undefined)
    if (!isLeader) return
    process.stdin.resume()
    ;(process.stdin as Partial<Socket>).unref?.()
  }

  /** As if somebody had told us. */
  stop(why: string): void {
    this.#controller.abort(new Error(why))
    this.#watchdog?.postMessage('stopping')
  }
}
