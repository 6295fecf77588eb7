import type { Clock } from '../../platform/clock.js'
import type { Http, HttpAnswer } from '../../platform/http.js'
import type { PushAddress } from '../store.js'
import type { Figure, Source } from './figures.js'
import { OTLP_TYPE, otlpBody, refusedIn } from './otlp.js'
import { REMOTE_WRITE_HEADERS, RemoteWriteEncoder } from './remote-write.js'

export interface PusherOptions {
  http: Http
  clock: Clock
  source: Source
  address: PushAddress
  /** The address as it is now: asked when the one that is known does not take us any more. */
  again?: () => Promise<PushAddress | null>
  /** What there is to tell now. */
  figures(): readonly Figure[]
}

/** What became of what was told. */
export interface PushReport {
  /** Moments of which figures were made. */
  made: number
  stored: number
  /** Not taken, and not worth another try. */
  refused: number
  /** Not delivered: nobody was there to take them, until the end or for too long. */
  lost: number
  /** The last thing that was said against it. */
  trouble: string | null
  /** Of the last moment that was made, milliseconds since 1970. */
  lastAtMs: number
  /** How far their clock is ahead of ours, at most, as far as it can be told: answers tell whole seconds. */
  clockAheadMs: number | null
  /** Time spent on making what was sent, of this thread. */
  busyMs: number
}

const PERIOD_MS = 1_000
const TIMEOUT_MS = 5_000
/** So many moments wait for a store that is away for a while: two minutes. */
const MOST_WAITING = 120
/** The address is looked up again this seldom. */
const AGAIN_MS = 5_000

interface Waiting {
  body: Buffer
  headers: Record<string, string>
}

/**
 * Tells figures once a second. What could not be sent waits, in its order, for the next second: the store gets every moment, and none
 * twice, for the same value at the same time is one. Nothing that goes wrong here is thrown.
 */
export class Pusher {
  readonly #options: PusherOptions
  readonly #writer: RemoteWriteEncoder
  readonly #startMs: number
  readonly #waiting: Waiting[] = []
  #address: PushAddress
  #askedAgainMs = -Infinity
  /** There is no store any more. */
  #isGone = false
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | null = null
  readonly #report: PushReport = {
    ...{ made: 0, stored: 0, refused: 0, lost: 0, trouble: null, lastAtMs: 0 },
    ...{ clockAheadMs: null, busyMs: 0 },
  }

  constructor(options: PusherOptions) {
    this.#options = options
    this.#writer = new RemoteWriteEncoder(options.source)
    this.#startMs = options.clock.now().getTime()
    this.#address = options.address
  }

  /** The first moment is now: a counter that is first seen above zero hides what it has counted before. */
  start(): void {
    this.tell()
    this.#timer = setInterval(() => this.tell(), PERIOD_MS).unref()
  }

  /** What became of it until now. */
  get soFar(): Readonly<PushReport> {
    return this.#report
  }

  /** Of the first moment, milliseconds since 1970. */
  get startMs(): number {
    return this.#startMs
  }

  /** Makes figures of this moment and sends what waits. */
  tell(): void {
    this.#make()
    this.#flush()
  }

  /** Tells once more and waits, so long at most, until all is sent. @returns the moment that it told, milliseconds since 1970, and how many there were until then */
  async settle(withinMs: number): Promise<{ atMs: number; made: number }> {
    const { clock } = this.#options
    const endMs = clock.monotonicMs() + withinMs
    this.tell()
    const { lastAtMs: atMs, made } = this.#report
    for (;;) {
      const left = endMs - clock.monotonicMs()
      if (this.#sending) await Promise.race([this.#sending, clock.sleep(Math.max(0, left))])
      if (this.#waiting.length === 0 || this.#isGone || clock.monotonicMs() >= endMs) break
      await clock.sleep(Math.min(200, Math.max(0, left)))
      this.#flush()
    }
    return { atMs, made }
  }

  /** Tells a last time; what can't be sent within this is lost. */
  async end(withinMs: number): Promise<PushReport> {
    clearInterval(this.#timer)
    await this.settle(withinMs)
    this.#report.lost += this.#waiting.splice(0).length
    return { ...this.#report }
  }

  #make(): void {
    const beganMs = performance.now()
    const { clock, figures, source } = this.#options
    // The order of moments is that of their making, whatever is done to the clock.
    const atMs = Math.max(clock.now().getTime(), this.#report.lastAtMs + 1)
    const { protocol } = this.#address
    const all = figures()
    if (protocol === 'otlp') {
      const body = Buffer.from(otlpBody(all, source, { startMs: this.#startMs, atMs }))
      this.#waiting.push({ body, headers: { 'content-type': OTLP_TYPE } })
    } else this.#waiting.push({ body: this.#writer.body(all, atMs), headers: REMOTE_WRITE_HEADERS })
    this.#report.made++
    this.#report.lastAtMs = atMs
    if (this.#waiting.length > MOST_WAITING) {
      // The one that is being sent keeps its place.
      this.#waiting.splice(this.#sending ? 1 : 0, 1)
      this.#report.lost++
    }
    this.#report.busyMs += performance.now() - beganMs
  }

  #flush(): void {
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = null))
  }

  /** One after the other, until none is left or one can't be sent. */
  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const [first] = this.#waiting
      const answer = await this.#send(first)
      if (typeof answer === 'string') {
        this.#report.trouble = answer
        return this.#lookAgain()
      }
      const isTaken = answer.status >= 200 && answer.status < 300
      const refused = isTaken ? refusedIn(answer.body) : saidBy(answer)
      if (refused !== null) this.#report.trouble = refused
      if (!isTaken && isWorthAnotherTry(answer.status)) return this.#lookAgain()
      const at = this.#waiting.indexOf(first)
      if (at >= 0) this.#waiting.splice(at, 1)
      if (refused === null) this.#report.stored++
      else this.#report.refused++
    }
  }

  async #send({ body, headers }: Waiting): Promise<HttpAnswer | string> {
    const { url, authorization } = this.#address
    const { http, clock } = this.#options
    try {
      const answer = await http.call('POST', url, {
        body,
        headers: { ...headers, authorization },
        timeoutMs: TIMEOUT_MS,
      })
      this.#compareClocks(answer, clock.now().getTime())
      return answer
    } catch (error) {
      return (error as Error).message
    }
  }

  #compareClocks({ headers }: HttpAnswer, nowMs: number): void {
    const theirs = Date.parse(headers?.date ?? '')
    if (!Number.isNaN(theirs)) this.#report.clockAheadMs = theirs - nowMs
  }

  /** It may have been started again elsewhere, or with another password. */
  async #lookAgain(): Promise<void> {
    const { again, clock } = this.#options
    if (!again || clock.monotonicMs() - this.#askedAgainMs < AGAIN_MS) return
    this.#askedAgainMs = clock.monotonicMs()
    const found = await again().catch(() => this.#address)
    this.#isGone = found === null
    // What waits was written for the old one.
    if (found && found.protocol === this.#address.protocol) this.#address = found
  }
}

/** Who may not, may when its password is known again; who is told that it is too much, or that the other is ill, may later. */
function isWorthAnotherTry(status: number): boolean {
  return status === 401 || status === 403 || status === 429 || status >= 500
}

function saidBy({ status, body }: HttpAnswer): string {
  const text = body.trim().split('\n')[0].slice(0, 300)
  return text === '' ? `HTTP ${status}` : `HTTP ${status}: ${text}`
}
