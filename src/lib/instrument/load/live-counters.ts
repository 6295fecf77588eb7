import { percentile } from '../measure/statistics.js'
import type { RequestTable } from './request-table.js'
import { TimeLeft, type RepeatShape } from './time-left.js'
import type { LiveFigures, LoadSample, Started } from './workload.js'

const PERIOD_MS = 1_000

export interface LiveOptions<Response, Figures extends object> {
  name: string
  shape: RepeatShape
  /** Whether the count of requests is known, or only a time at which the last is sent. */
  isCounted: boolean
  table: RequestTable
  /** The kind's own. */
  figures: LiveFigures<Response, Figures>
  /** What is on its way just now. */
  inFlight(): Iterable<Started<Response>>
  emit(sample: LoadSample & Figures): void
  /** Told of every end, and once a second. */
  growing?: { ended(row: number): void; tell(): void }
  nowMs?: () => number
}

/**
 * The figures of a repeat while it runs, once a second: of the last second, for the eye and for `series.ndjson`. They are looked at once a
 * second, and not in the way of any request.
 */
export class LiveCounters<Response, Figures extends object = object> {
  readonly #options: LiveOptions<Response, Figures>
  readonly #nowMs: () => number
  readonly #left: TimeLeft
  #startMs = 0
  #periodMs = 0
  #cpu = process.cpuUsage()
  #timer: NodeJS.Timeout | undefined
  #issued = 0
  #done = 0
  #failed = 0
  #e2eMs = { sum: 0, longest: 0 }
  /** Of this period. */
  #ended = 0
  #lags: number[] = []

  constructor(options: LiveOptions<Response, Figures>) {
    this.#options = options
    this.#nowMs = options.nowMs ?? (() => performance.now())
    this.#left = new TimeLeft(options.shape)
  }

  begin(startMs: number): void {
    this.#startMs = this.#periodMs = startMs
    this.#cpu = process.cpuUsage()
    this.#options.figures.begin(startMs)
    this.#timer = setInterval(() => {
      this.sample()
      this.#options.growing?.tell()
    }, PERIOD_MS).unref()
  }

  sent(readyMs: number, sentMs: number): void {
    this.#issued++
    if (!Number.isNaN(readyMs)) this.#lags.push(Math.max(0, sentMs - readyMs))
  }

  ended(row: number): void {
    const { table, figures } = this.#options
    this.#ended++
    if (table.isOk(row)) this.#done++
    else this.#failed++
    const e2eMs = table.get(row, 'endMs') - table.get(row, 'sentMs')
    this.#e2eMs.sum += e2eMs
    this.#e2eMs.longest = Math.max(this.#e2eMs.longest, e2eMs)
    figures.ended(row)
    this.#options.growing?.ended(row)
  }

  end(): void {
    clearInterval(this.#timer)
    this.#options.growing?.tell()
  }

  /** Emits the figures since the last time. */
  sample(): void {
    const nowMs = this.#nowMs()
    const seconds = (nowMs - this.#periodMs) / 1000
    const elapsedMs = nowMs - this.#startMs
    const { user, system } = process.cpuUsage(this.#cpu)
    const ascending = this.#lags.sort((a, b) => a - b)
    const { shape, isCounted, figures, emit, name } = this.#options
    const inFlight = [...this.#options.inFlight()]
    const leftMs = this.#leftMs(elapsedMs, inFlight)
    emit({
      type: 'sample',
      pass: name,
      elapsedS: elapsedMs / 1000,
      leftS: leftMs === null ? null : leftMs / 1000,
      runLeftS: null,
      of: isCounted ? shape.count : null,
      issued: this.#issued,
      done: this.#done,
      failed: this.#failed,
      inFlight: this.#issued - this.#done - this.#failed,
      requestsPerSecond: this.#ended / seconds,
      ...figures.look(inFlight, this.#periodMs, seconds),
      clientCores: (user + system) / 1e6 / seconds,
      dispatchLagP99Ms: percentile(ascending, 0.99),
    })
    this.#periodMs = nowMs
    this.#cpu = process.cpuUsage()
    this.#ended = 0
    this.#lags = []
  }

  #leftMs(elapsedMs: number, inFlight: readonly Started<Response>[]): number | null {
    const ended = this.#done + this.#failed
    return this.#left.at({
      elapsedMs,
      ended,
      inFlight: inFlight.map((one) => ({
        share: this.#options.figures.share(one),
        ageMs: elapsedMs + this.#startMs - one.sentMs,
      })),
      e2eMs: ended > 0 ? { mean: this.#e2eMs.sum / ended, longest: this.#e2eMs.longest } : null,
    })
  }
}
