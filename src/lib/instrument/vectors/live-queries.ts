import { merging } from '../load/live-merge.js'
import type { RequestTable } from '../load/request-table.js'
import type { LiveFigures } from '../load/workload.js'
import { percentile } from '../measure/statistics.js'

export interface QueryFigures {
  /** Of the last second. */
  queriesPerSecond: number
  p99Ms: number | null
}

/** Figures of a level while it runs. */
export class LiveQueries implements LiveFigures<unknown, QueryFigures> {
  readonly #table: Pick<RequestTable, 'isOk' | 'get'>
  #latencies: number[] = []

  constructor(table: Pick<RequestTable, 'isOk' | 'get'>) {
    this.#table = table
  }

  begin(): void {
    this.#latencies = []
  }

  ended(row: number): void {
    if (!this.#table.isOk(row)) return
    this.#latencies.push(this.#table.get(row, 'endMs') - this.#table.get(row, 'sentMs'))
  }

  /** An answer comes all at once. */
  share(): number {
    return 0
  }

  look(_inFlight: unknown, _sinceMs: number, seconds: number): QueryFigures {
    const ascending = this.#latencies.sort((a, b) => a - b)
    this.#latencies = []
    const p99Ms = percentile(ascending, 0.99)
    return { queriesPerSecond: ascending.length / seconds, p99Ms }
  }
}

/** Of all workers together. */
export function mergeQueries(all: readonly QueryFigures[]): QueryFigures {
  return {
    queriesPerSecond: merging.sum(all.map((one) => one.queriesPerSecond)),
    p99Ms: merging.largest(all.map((one) => one.p99Ms)),
  }
}
