import { waitUntil } from './precise-wait.js'

/** The two ways of putting load on a server. They know neither HTTP nor vectors: `send` does one request and says how it went. */

export interface Sent {
  item: number
  /** All on the monotonic clock, milliseconds. */
  dueMs: number
  sentMs: number
  endMs: number
  error?: string
  recall?: number
}

export interface LoadOptions {
  /** Does request `item`. `finish` is called at the last byte, before anything is read out of the answer. Never rejects. */
  send(item: number, finish: () => void): Promise<{ error?: string; recall?: number }>
  /** Items are taken in turn from 0 to `items` − 1, again and again. */
  items: number
  durationMs: number
  signal: AbortSignal
  /** Called for each request that ended, also in the warm-up. */
  onEnd?(sent: Sent): void
}

export interface LoadResult {
  /** Of the measured part only, in the order of their end. */
  sent: Sent[]
  wallMs: number
  /** How much later than it could have been each request was sent, milliseconds. */
  lagsMs: Float64Array
  /** Nothing but failures for so long that the server must be gone. */
  lost: boolean
}

/** So many failures in a row and nothing else: the server is gone, and asking on would only heat the node. */
const LOST_AFTER = 200
/** After a failure a slot rests this long, or it would ask thousands of times a second. */
const FAILURE_PAUSE_MS = 5
const WARM_UP_SHARE = 0.1
const LONGEST_WARM_UP_MS = 500

/** `concurrency` requests in flight at any time, after a warm-up that is not measured. The lag is from an answer to the next request. */
export async function closedLoop(concurrency: number, options: LoadOptions): Promise<LoadResult> {
  const warmUpMs = Math.min(LONGEST_WARM_UP_MS, options.durationMs * WARM_UP_SHARE)
  const run = new Run(options)
  const measureFrom = performance.now() + warmUpMs
  const end = measureFrom + options.durationMs
  let next = 0
  const slot = async () => {
    let readyMs = performance.now()
    while (performance.now() < end && !run.over) {
      const sent = await run.request(next++ % options.items, readyMs)
      readyMs = sent.endMs
      if (sent.sentMs >= measureFrom) run.keep(sent)
      if (sent.error) await pause(FAILURE_PAUSE_MS)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, slot))
  // A loop that was cut off, or whose last request took long, was measured for as long as it really was.
  return run.result(Math.max(1, Math.max(performance.now(), run.lastEndMs) - measureFrom))
}

/** Requests leave when they are due, whatever is still in flight; beyond `cap` in flight they are dropped, and counted as that. */
export async function openLoop(
  arrivals: Float64Array,
  cap: number,
  options: LoadOptions,
): Promise<LoadResult> {
  const run = new Run(options)
  const start = performance.now()
  const inFlight = new Set<Promise<void>>()
  for (let i = 0; i < arrivals.length && !run.over; i++) {
    const dueMs = start + arrivals[i]
    await waitUntil(dueMs, options.signal)
    if (inFlight.size >= cap) {
      const nowMs = performance.now()
      run.keep({ item: i % options.items, dueMs, sentMs: nowMs, endMs: nowMs, error: 'dropped' })
      continue
    }
    const one = run.request(i % options.items, dueMs).then((sent) => {
      run.keep(sent)
      inFlight.delete(one)
    })
    inFlight.add(one)
  }
  await Promise.all(inFlight)
  return run.result(performance.now() - start)
}

class Run {
  readonly #options: LoadOptions
  readonly #sent: Sent[] = []
  readonly #lags: number[] = []
  #failuresInARow = 0
  lastEndMs = 0

  constructor(options: LoadOptions) {
    this.#options = options
  }

  get over(): boolean {
    return this.#options.signal.aborted || this.lost
  }

  get lost(): boolean {
    return this.#failuresInARow >= LOST_AFTER
  }

  async request(item: number, dueMs: number): Promise<Sent> {
    const sentMs = performance.now()
    let endMs = 0
    const outcome = await this.#options.send(item, () => (endMs = performance.now()))
    const sent: Sent = { item, dueMs, sentMs, endMs: endMs || performance.now(), ...outcome }
    this.#failuresInARow = sent.error ? this.#failuresInARow + 1 : 0
    this.#options.onEnd?.(sent)
    return sent
  }

  keep(sent: Sent): void {
    this.#sent.push(sent)
    this.#lags.push(Math.max(0, sent.sentMs - sent.dueMs))
    this.lastEndMs = Math.max(this.lastEndMs, sent.endMs)
  }

  result(wallMs: number): LoadResult {
    return { sent: this.#sent, wallMs, lagsMs: Float64Array.from(this.#lags), lost: this.lost }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
