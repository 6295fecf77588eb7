import { percentile } from '../statistics.js'
import type { InferenceSample } from './plan.js'
import { figures, type RequestTable } from './request-table.js'

const PERIOD_MS = 1_000

/** The figures of a pass while it runs, once a second: of the last second, for the eye and for `series.ndjson`. */
export class LiveCounters {
  readonly #name: string
  /** Requests and milliseconds that the schedule has; null when it can't be told. */
  readonly #total: { count: number; durationMs: number | null }
  readonly #emit: (sample: InferenceSample) => void
  #startMs = 0
  #periodMs = 0
  #cpu = process.cpuUsage()
  #timer: NodeJS.Timeout | undefined
  #issued = 0
  #done = 0
  #failed = 0
  #ended = 0
  #tokens = 0
  #ttft = { sum: 0, n: 0 }
  #tpot = { sum: 0, n: 0 }
  #lags: number[] = []

  constructor(
    name: string,
    total: { count: number; durationMs: number | null },
    emit: (sample: InferenceSample) => void,
  ) {
    this.#name = name
    this.#total = total
    this.#emit = emit
  }

  begin(startMs: number): void {
    this.#startMs = this.#periodMs = startMs
    this.#cpu = process.cpuUsage()
    this.#timer = setInterval(() => this.#sample(), PERIOD_MS).unref()
  }

  sent(dueMs: number, sentMs: number): void {
    this.#issued++
    if (!Number.isNaN(dueMs)) this.#lags.push(Math.max(0, sentMs - dueMs))
  }

  ended(table: RequestTable, row: number): void {
    this.#ended++
    if (!table.isOk(row)) {
      this.#failed++
      return
    }
    this.#done++
    this.#tokens += table.get(row, 'outputTokens')
    const { ttft, tpot } = figures(table)
    add(this.#ttft, ttft(row))
    add(this.#tpot, tpot(row))
  }

  end(): void {
    clearInterval(this.#timer)
  }

  #sample(): void {
    const nowMs = performance.now()
    const seconds = (nowMs - this.#periodMs) / 1000
    const elapsedMs = nowMs - this.#startMs
    const { user, system } = process.cpuUsage(this.#cpu)
    const ascending = this.#lags.sort((a, b) => a - b)
    this.#emit({
      type: 'sample',
      pass: this.#name,
      elapsedS: elapsedMs / 1000,
      leftS: this.#leftS(elapsedMs),
      issued: this.#issued,
      done: this.#done,
      failed: this.#failed,
      inFlight: this.#issued - this.#done - this.#failed,
      requestsPerSecond: this.#ended / seconds,
      outputTokensPerSecond: this.#tokens / seconds,
      ttftMs: this.#ttft.n > 0 ? this.#ttft.sum / this.#ttft.n : null,
      tpotMs: this.#tpot.n > 0 ? this.#tpot.sum / this.#tpot.n : null,
      clientCores: (user + system) / 1e6 / seconds,
      dispatchLagP99Ms: percentile(ascending, 0.99),
    })
    this.#periodMs = nowMs
    this.#cpu = process.cpuUsage()
    this.#ended = this.#tokens = 0
    this.#ttft = { sum: 0, n: 0 }
    this.#tpot = { sum: 0, n: 0 }
    this.#lags = []
  }

  /** By the schedule where it has an end, else by how many are done. */
  #leftS(elapsedMs: number): number | null {
    const { count, durationMs } = this.#total
    if (durationMs !== null) return Math.max(0, (durationMs - elapsedMs) / 1000)
    const ended = this.#done + this.#failed
    return ended === 0 ? null : (((count - ended) / ended) * elapsedMs) / 1000
  }
}

function add(mean: { sum: number; n: number }, value: number): void {
  if (Number.isNaN(value)) return
  mean.sum += value
  mean.n++
}
