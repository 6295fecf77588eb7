import type { ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { STOP } from './life.js'
import { STOP_DEADLINE_MS } from './stopping.js'

/** The worker ends itself at its deadline; what is left of it then, srun above all, has these. */
const TERM_AFTER_MS = STOP_DEADLINE_MS + 5_000
const KILL_AFTER_MS = 8_000

/** How a worker is ended by its caller. */
export class Ending {
  readonly #child: ChildProcess
  readonly #runDir: string
  readonly #timers: NodeJS.Timeout[] = []
  #isOnceForAll = false

  constructor(child: ChildProcess, runDir: string) {
    this.#child = child
    this.#runDir = runDir
  }

  /**
   * By the stop file, which reaches it whatever is between us, and by a signal, which is faster. USR2 and not TERM: srun passes it on,
   * and at a TERM it kills what it runs.
   */
  gently(why: string): void {
    try {
      writeFileSync(join(this.#runDir, STOP), why + '\n', { mode: 0o600 })
    } catch {
      // A disk that is full or gone: the signal is left.
    }
    this.#child.kill('SIGUSR2')
    this.#timers.push(setTimeout(() => this.now(), TERM_AFTER_MS))
  }

  /** At a TERM srun ends its step too; who is left after that is killed, with all of its process group. */
  now(): void {
    if (this.#isOnceForAll) return
    this.#isOnceForAll = true
    this.#child.kill('SIGTERM')
    this.#timers.push(setTimeout(() => this.#killGroup(), KILL_AFTER_MS))
  }

  over(): void {
    for (const timer of this.#timers) clearTimeout(timer)
  }

  #killGroup(): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL')
    } catch {
      // It has ended already.
    }
  }
}
