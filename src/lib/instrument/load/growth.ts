import type { LogHistogram } from '../measure/log-histogram.js'
import { TimeBuckets } from '../measure/time-buckets.js'
import type { Growth } from '../process/worker-events.js'
import type { RequestTable } from './request-table.js'

/**
 * Counts what has grown since it was last told: for the caller, who tells a store of figures. Only in a run that has one. It counts where a
 * request ends, and is told once a second; names are the kind's own.
 */
export class Growing {
  #counters: Record<string, number> = {}
  readonly #times = new Map<string, TimeBuckets>()
  readonly #seen = new Map<string, Map<number, number>>()
  readonly #tell: (growth: Growth) => void

  constructor(tell: (growth: Growth) => void) {
    this.#tell = tell
  }

  add(name: string, by: number): void {
    if (by > 0) this.#counters[name] = (this.#counters[name] ?? 0) + by
  }

  /** Of what has none, NaN, nothing is counted. */
  time(name: string, ms: number, weight = 1): void {
    const known = this.#times.get(name) ?? new TimeBuckets()
    this.#times.set(name, known)
    known.add(ms, weight)
  }

  /** What was added to a histogram since it was last looked at here. */
  timesOf(name: string, histogram: LogHistogram): void {
    const seen = this.#seen.get(name) ?? new Map<number, number>()
    this.#seen.set(name, seen)
    histogram.eachBin((ms, count) => {
      const more = count - (seen.get(ms) ?? 0)
      if (more === 0) return
      this.time(name, ms, more)
      seen.set(ms, count)
    })
  }

  tell(): void {
    const counters = this.#counters
    const times = [...this.#times].filter(([, buckets]) => !buckets.isEmpty)
    if (times.length === 0 && Object.keys(counters).length === 0) return
    this.#counters = {}
    const grown = times.map(([name, buckets]) => [name, buckets.take()] as const)
    this.#tell({ type: 'growth', counters, times: Object.fromEntries(grown) })
  }
}

/** What a kind's tally tells of itself. */
interface Grows {
  table: RequestTable
  grow?(row: number, growing: Growing): void
  growAll?(growing: Growing): void
}

/** Of one repeat of one worker: every request counts as ok or failed, and has its time when it is ok. */
export function growingWith(tally: Grows, tell: (growth: Growth) => void) {
  const growing = new Growing(tell)
  const { table } = tally
  return {
    ended(row: number): void {
      const isOk = table.isOk(row)
      growing.add(isOk ? 'ok' : 'failed', 1)
      if (isOk) growing.time('duration', table.get(row, 'endMs') - table.get(row, 'sentMs'))
      tally.grow?.(row, growing)
    },
    tell(): void {
      tally.growAll?.(growing)
      growing.tell()
    },
  }
}

/** Of a worker: nothing is counted where nobody wants to know. */
export function tellsOf(
  { tellsGrowth }: { tellsGrowth?: boolean },
  tell: (growth: Growth) => void,
): { tell?: (growth: Growth) => void } {
  return tellsGrowth ? { tell } : {}
}
