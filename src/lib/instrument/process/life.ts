import { hostname } from 'node:os'
import { readFileSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { readJsonIfThere, writeJson } from '../../platform/files.js'
import { processIdentity } from '../../platform/machine.js'

/**
 * Who runs a benchmark, and that they still live: two small files in its folder, `owner.json` of the command that conducts it and
 * `worker.json` of the process that measures. Each touches its own as long as it lives; each watches the other's. A command that comes
 * later sees by them what has become of a run.
 */

const LifeSchema = v.object({
  host: v.string(),
  pid: v.number(),
  /** Tells the process from a later one with its pid: clock ticks since boot. */
  start: v.nullable(v.string()),
})
export type Life = v.InferOutput<typeof LifeSchema> & {
  /** Time of the last sign, milliseconds since 1970. */
  signMs: number
}

export const OWNER = 'owner.json'
export const WORKER = 'worker.json'
/** There when the run is to end: what it is for stands in it. */
export const STOP = 'stop'

/** In a receipt's words. */
export const OWNER_GONE = 'the command that conducted it is gone'

export const SIGN_EVERY_MS = 5_000
/** Far longer than a file system of a cluster keeps what it knows about a file. */
export const SILENT_MS = 120_000

export function ownLife(): Omit<Life, 'signMs'> {
  return { host: hostname(), ...processIdentity(process.pid) }
}

/** The first sign of this process. */
export async function writeLife(runDir: string, name: string): Promise<void> {
  await writeJson(join(runDir, name), ownLife())
}

/** One more sign. Needs no space on the disk; a folder that is gone is no trouble of ours. */
export function giveSign(runDir: string, name: string): void {
  try {
    const now = new Date()
    utimesSync(join(runDir, name), now, now)
  } catch {
    // The one who watches concludes what is to be concluded.
  }
}

/** Gives signs until it is disposed of; keeps no process alive. */
export function signsOfLife(runDir: string, name: string): Disposable {
  const timer = setInterval(() => giveSign(runDir, name), SIGN_EVERY_MS)
  timer.unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

export async function readLife(runDir: string, name: string): Promise<Life | undefined> {
  const parsed = v.safeParse(LifeSchema, await readJsonIfThere(join(runDir, name)))
  const signMs = signOf(runDir, name)
  return parsed.success && signMs !== undefined ? { ...parsed.output, signMs } : undefined
}

/** The same for a thread that waits for nothing. */
export function readLifeNow(runDir: string, name: string): Life | undefined {
  try {
    const text = readFileSync(join(runDir, name), 'utf8')
    const parsed = v.safeParse(LifeSchema, JSON.parse(text))
    const signMs = signOf(runDir, name)
    return parsed.success && signMs !== undefined ? { ...parsed.output, signMs } : undefined
  } catch {
    return undefined
  }
}

function signOf(runDir: string, name: string): number | undefined {
  return statSync(join(runDir, name), { throwIfNoEntry: false })?.mtimeMs
}

/** On this machine a process is there or not; of another machine only its signs are seen. */
export function isThere(life: Life): boolean | undefined {
  if (life.host !== hostname()) return undefined
  return life.start !== null && processIdentity(life.pid).start === life.start
}

/** For a look that is not repeated: the clocks of two machines may differ by a minute. */
export function isAlive(life: Life | undefined, nowMs: number): boolean {
  if (!life) return false
  return isThere(life) ?? nowMs - life.signMs < SILENT_MS + 60_000
}

/** For who looks again and again: silent is whose signs have stopped for {@link SILENT_MS} of our own clock. */
export class Watch {
  #seenMs: number | undefined
  #sinceMs = performance.now()

  constructor(
    readonly runDir: string,
    readonly name: string,
  ) {}

  /** @returns whether who is watched is gone; one that has not begun yet is not */
  get isGone(): boolean {
    const life = readLifeNow(this.runDir, this.name)
    if (!life) return false
    const there = isThere(life)
    if (there !== undefined) return !there
    if (life.signMs !== this.#seenMs) {
      this.#seenMs = life.signMs
      this.#sinceMs = performance.now()
    }
    return performance.now() - this.#sinceMs > SILENT_MS
  }
}
