import type { Exchange } from '../http/connection.js'
import type { ConnectionPool } from '../http/connection-pool.js'
import { LogHistogram } from '../measure/log-histogram.js'
import { waitUntil } from '../load/precise-wait.js'
import { addGaps } from './gaps.js'
import { InFlight, defer, soonAfter } from '../load/in-flight.js'
import type { Constraint, InferenceDataset } from './item.js'
import type { LiveCounters } from './live-counters.js'
import { RequestTable, rowOf, VALIDITY } from './request-table.js'
import { completionRequest, type CompletionRequest } from './openai.js'
import type { ResponseStream } from './response-stream.js'
import { note, type Notes } from './notes.js'
import type { RepeatOutcome } from './repeat-outcome.js'
import type { RequestWriter } from './request-writer.js'
import { slotsOf, type Repeat, type Schedule } from './schedule.js'
import type { Scoring } from './structured/scoring.js'

/** Worker `index` of `of` does every of-th request, beginning with its own number. */
export interface Shard {
  index: number
  of: number
}

export interface RepeatOptions {
  pass: Repeat
  schedule: Schedule
  share: Shard
  dataset: InferenceDataset
  /** Prompts of the pass begin here in the dataset. */
  firstItem: number
  writer: RequestWriter
  connections: ConnectionPool<CompletionRequest, ResponseStream>
  signal: AbortSignal
  live: LiveCounters
  /** Judges answers that had to have a form. */
  scoring: Scoring
  /** Takes a row for good: of the table, with the finish reason and the error's words. */
  record(
    table: RequestTable,
    row: number,
    words: { finish: string | null; message: string | null },
  ): void
}

/** So many requests are made ready ahead. */
const AHEAD = 512
/** Near the number of ports of one address pair. */
const MOST_IN_FLIGHT = 16_000
/** In a burst, answers must be read between the sends. */
const SENDS_AT_ONCE = 32
const LOST_AFTER = 50
const LOST_CLASSES = new Set(['refused', 'reset', 'closed', 'unreachable', 'connect_timeout'])
/** Of the time between two sends, the share that may be spent on being exact. */
const SPIN_SHARE = 0.1

/**
 * Makes the first requests ready, which takes its time with long prompts.
 * @returns what begins at a point of `performance.now()`, sends what the schedule says and follows every answer to its end
 */
export function prepareRepeat(options: RepeatOptions): (startMs: number) => Promise<RepeatOutcome> {
  const run = new RepeatRun(options)
  return (startMs) => run.from(startMs)
}

class RepeatRun {
  readonly #options: RepeatOptions
  readonly #table = new RequestTable()
  readonly #prepared = new Map<number, CompletionRequest>()
  readonly #histograms = {
    itl: new LogHistogram(),
    chunkGap: new LogHistogram(),
    steadyItl: new LogHistogram(),
    steadyChunkGap: new LogHistogram(),
  }
  readonly #seen = new Set<string>()
  readonly #notes: Notes = { withoutDone: 0, oddCount: 0, firstError: null }
  readonly #inFlight: InFlight
  #startMs = 0
  #dropped = 0
  #deadInARow = 0
  #steadyFromMs = NaN
  #steadyToMs = NaN
  #lastEndMs = 0

  constructor(options: RepeatOptions) {
    this.#options = options
    const { schedule, share } = options
    const most = schedule.maxInFlight
    this.#inFlight = new InFlight(most === null ? Infinity : slotsOf(most, share))
    for (
      let i = 0, n = this.#options.share.index;
      i < AHEAD && n < schedule.count;
      i++, n += this.#options.share.of
    )
      this.#prepare(n)
  }

  async from(startMs: number): Promise<RepeatOutcome> {
    const { schedule, signal, live } = this.#options
    this.#startMs = startMs
    await waitUntil(startMs, signal)
    const stop = () => this.#options.connections.close()
    signal.addEventListener('abort', stop)
    live.begin(startMs)
    const work = schedule.dueMs
      ? this.#bySchedule(schedule.dueMs)
      : this.#byAnswers(schedule.concurrency!, schedule.count)
    const stopped = soonAfter(signal)
    await Promise.race([work, stopped])
    await Promise.race([this.#inFlight.none(), stopped])
    signal.removeEventListener('abort', stop)
    live.end()
    await this.#options.scoring.judgeAll(signal)
    const steady = { fromMs: this.#steadyFromMs, toMs: this.#steadyToMs }
    return {
      table: this.#table,
      ...this.#histograms,
      steady: steady.toMs > steady.fromMs ? steady : null,
      wallMs: this.#lastEndMs,
      dropped: this.#dropped,
      isLost: this.#isLost,
      notes: this.#notes,
    }
  }

  get #isLost(): boolean {
    return this.#deadInARow >= LOST_AFTER
  }

  get #isOver(): boolean {
    return this.#options.signal.aborted || this.#isLost
  }

  get #nowMs(): number {
    return performance.now() - this.#startMs
  }

  async #bySchedule(dueMs: Float64Array): Promise<void> {
    const { signal, schedule } = this.#options
    const meanGapMs = dueMs.length > 1 ? dueMs[dueMs.length - 1] / (dueMs.length - 1) : Infinity
    const spinMs = Math.min(1.5, meanGapMs * SPIN_SHARE)
    let sends = 0
    for (
      let index = this.#options.share.index;
      index < dueMs.length && !this.#isOver;
      index += this.#options.share.of
    ) {
      await waitUntil(this.#startMs + dueMs[index], signal, spinMs)
      await this.#inFlight.room()
      if (signal.aborted) break
      // Only what waited for room can be later than the schedule's end.
      const isOverdue = this.#inFlight.fullUntilMs > (schedule.durationMs ?? Infinity)
      if (isOverdue || this.#inFlight.count >= MOST_IN_FLIGHT) this.#dropped++
      else this.#send(index, dueMs[index])
      if (++sends % SENDS_AT_ONCE === 0) await new Promise((go) => setImmediate(go))
    }
    this.#steadyToMs = this.#nowMs
  }

  /** Every slot sends its next request when its last was answered; the number of the request is the next of this worker. */
  async #byAnswers(concurrency: number, count: number): Promise<void> {
    const { share, schedule } = this.#options
    const slots = slotsOf(concurrency, share)
    let next = this.#options.share.index
    let running = 0
    await new Promise<void>((resolve) => {
      const slot = () => {
        const isLate = schedule.durationMs !== null && this.#nowMs >= schedule.durationMs
        if (next >= count || isLate || this.#isOver) {
          if (Number.isNaN(this.#steadyToMs)) this.#steadyToMs = this.#nowMs
          if (--running === 0) resolve()
          return
        }
        const index = next
        next += this.#options.share.of
        this.#send(index, NaN, (failed) => defer(slot, failed))
      }
      running = slots
      if (slots === 0) resolve()
      for (let i = 0; i < slots; i++) slot()
      this.#steadyFromMs = this.#nowMs
    })
  }

  #send(index: number, dueMs: number, onEnd?: (failed: boolean) => void): void {
    const { connections, live, schedule } = this.#options
    const prepared = this.#prepared.get(index) ?? this.#prepare(index)
    this.#prepared.delete(index)
    const { constraint, isFree } = prepared
    const isFirstUse = constraint !== null && !isFree && this.#isFirstUse(constraint)
    this.#inFlight.enter()
    const readyMs = Math.max(dueMs, this.#inFlight.fullUntilMs)
    live.sent(readyMs, this.#nowMs)
    connections.send(prepared, (exchange) => {
      this.#inFlight.leave(this.#nowMs, exchange.error !== null)
      // What was in flight when the run was stopped is neither a success nor a failure of the server.
      if (exchange.error?.errorClass !== 'aborted')
        live.ended(
          this.#table,
          this.#add({ index, dueMs, readyMs, isFirstUse }, prepared, exchange),
        )
      if (Number.isNaN(this.#steadyFromMs)) this.#steadyFromMs = this.#nowMs
      onEnd?.(exchange.error !== null)
      this.#inFlight.tell()
    })
    const ahead = index + AHEAD * this.#options.share.of
    if (ahead < schedule.count) setImmediate(() => this.#prepare(ahead))
  }

  #prepare(index: number): CompletionRequest {
    const { dataset, firstItem, writer, pass } = this.#options
    const item = dataset.item(firstItem + index)
    const isFree = pass.variant === 'baseline'
    const prepared = completionRequest(writer, item, firstItem + index, isFree)
    this.#prepared.set(index, prepared)
    return prepared
  }

  #isFirstUse(constraint: Constraint): boolean {
    const key = JSON.stringify(constraint)
    if (this.#seen.has(key)) return false
    this.#seen.add(key)
    return true
  }

  #add(
    { isFirstUse, ...sent }: { index: number; dueMs: number; readyMs: number; isFirstUse: boolean },
    prepared: CompletionRequest,
    exchange: Exchange<ResponseStream>,
  ): number {
    const { error } = exchange
    const row = rowOf(exchange, this.#startMs, {
      ...sent,
      isFirstUse: Number(isFirstUse),
      maxTokens: prepared.maxTokens,
      inputTokens: prepared.inputTokens ?? NaN,
      errorClass: error ? this.#table.classOf(error.errorClass, error.message) : -1,
    })
    const isSteady =
      error === null && row.sentMs >= this.#steadyFromMs && Number.isNaN(this.#steadyToMs)
    row.isSteady = Number(isSteady)
    const at = this.#table.add(row)
    this.#lastEndMs = Math.max(this.#lastEndMs, row.endMs)
    note(this.#notes, exchange, row.endMs)
    const isDead = error !== null && LOST_CLASSES.has(error.errorClass)
    this.#deadInARow = isDead ? this.#deadInARow + 1 : 0
    const { itl, chunkGap, steadyItl, steadyChunkGap } = this.#histograms
    if (error === null) addGaps(exchange.response, itl, chunkGap)
    if (isSteady) addGaps(exchange.response, steadyItl, steadyChunkGap)
    this.#finish(at, prepared, exchange)
    return at
  }

  /** What an answer says is looked at when nothing is being timed. */
  #finish(
    row: number,
    { constraint }: CompletionRequest,
    { response, error }: Exchange<ResponseStream>,
  ): void {
    const { scoring, record } = this.#options
    const words = { finish: response.finishReason, message: error?.message ?? null }
    if (constraint === null || error !== null) return record(this.#table, row, words)
    const index = this.#table.get(row, 'index')
    scoring.add(
      { constraint, text: response.text, finishReason: words.finish, index },
      (validity) => {
        this.#table.set(row, 'validity', VALIDITY.indexOf(validity))
        record(this.#table, row, words)
      },
    )
  }
}
