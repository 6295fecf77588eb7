import type { Rng } from '../instrument/rng.js'
import { answerTo, type Answer } from './answer.js'
import { errorBody, type Ask } from './ask.js'
import { framed, type Exchange } from './connection.js'
import { EventWriter, wholeAnswer, type Finish, type Voice } from './events.js'
import { monotonicMs } from './monotonic.js'
import type { Metrics } from './metrics.js'
import type { Fault, SimulatorOptions } from './options.js'
import { streamScript, wholeScript, type Script } from './script.js'
import { ConstraintRefused } from './structured/pattern.js'
import type { Slots } from './slots.js'
import type { Due, Timeline } from './timeline.js'
import type { Truth } from './truth.js'

const REFUSALS: Readonly<Record<string, [status: number, type: string, message: string]>> = {
  http_429: [429, 'RateLimitError', 'Too many requests'],
  http_500: [500, 'InternalServerError', 'Internal server error'],
  http_503: [503, 'ServiceUnavailableError', 'The engine is not able to take the request'],
}

export interface Part {
  ask: Ask
  ordinal: number
  fault: Fault | null
  wrong: boolean | null
  rng: Rng
}

/** What all generations of one server share. */
interface Host {
  readonly options: SimulatorOptions
  readonly timeline: Timeline
  readonly slots: Slots
  readonly metrics: Metrics
  readonly truth: Truth
  prefill(ask: Ask): void
}

/** One request, from its arrival to its place in the truth: refused, or in line, run, and played from its script. */
export class Generation {
  readonly #engine: Host
  readonly #exchange: Exchange
  readonly #part: Part
  readonly #writer: EventWriter
  readonly #voice: Voice
  #script!: Script
  #due: Due | null = null
  #leave: () => void = () => undefined
  #over: () => void = () => undefined
  #startedMs: number | null = null
  readonly #sentAtMs: number[] = []

  constructor(engine: Host, exchange: Exchange, part: Part) {
    const { model, version, lineEnd } = engine.options
    this.#engine = engine
    this.#exchange = exchange
    const ask = part.fault?.kind === 'no_usage' ? { ...part.ask, usage: 'none' as const } : part.ask
    this.#part = { ...part, ask }
    const name = ask.name ?? `${part.ordinal.toString(16).padStart(16, '0')}`
    this.#voice = {
      ask,
      id: `${ask.endpoint === 'chat' ? 'chatcmpl' : 'cmpl'}-${name}`,
      model,
      version,
      createdS: Math.floor(Date.now() / 1000),
      lineEnd,
    }
    this.#writer = new EventWriter(this.#voice)
  }

  /** Of the KV cache. */
  get heldTokens(): number {
    return this.#startedMs === null ? 0 : this.#part.ask.prompt.length + this.#sentAtMs.length
  }

  begin(over: () => void): void {
    this.#over = over
    this.#exchange.onGone = () => this.#end(null)
    const { fault, ask } = this.#part
    const refusal =
      REFUSALS[fault?.kind === 'stream_error' && !ask.stream ? 'http_500' : (fault?.kind ?? '')]
    if (refusal) {
      const [code, type, message] = refusal
      this.#exchange.json(code, errorBody(code, type, message))
      this.#end(null)
    } else if (fault?.kind === 'slow_accept')
      this.#due = this.#engine.timeline.at(monotonicMs() + fault.delayMs, () => this.#accept())
    else this.#accept()
  }

  /** The server is told to stop. */
  abort(): void {
    if (this.#part.ask.stream && this.#script) {
      const chunks = [this.#writer.token('', this.#sentAtMs.length, 'abort'), this.#writer.done()]
      this.#exchange.write(framed(chunks, true))
    }
    this.#exchange.hangUp()
    this.#end('abort')
  }

  #accept(): void {
    const { ask } = this.#part
    try {
      this.#script = this.#makeScript()
    } catch (error) {
      if (!(error instanceof ConstraintRefused)) throw error
      this.#refuseConstraint(error)
      return
    }
    if (ask.stream) this.#exchange.startStream()
    this.#leave = this.#engine.slots.enter(() => this.#run())
  }

  #makeScript(): Script {
    const { ask, fault, wrong, rng } = this.#part
    const { options } = this.#engine
    const answer = answerTo(ask, { wrong: wrong ?? false, fault, options, rng })
    if (fault?.kind === 'abort' && !ask.stream) answer.finish = 'abort'
    const making = { ask, answer, writer: this.#writer, fault, options, rng }
    return ask.stream
      ? streamScript(making)
      : wholeScript(making, wholeAnswer(this.#voice, wholeTextOf(answer)))
  }

  /** In a stream it comes as an event, since the headers are sent by then. */
  #refuseConstraint({ message }: ConstraintRefused): void {
    if (this.#part.ask.stream) {
      this.#exchange.startStream()
      const error = this.#writer.error(message, 'BadRequestError', 400)
      this.#exchange.write(framed([error, this.#writer.done()], true))
      this.#exchange.finish(false)
    } else this.#exchange.json(400, errorBody(400, 'BadRequestError', message))
    this.#end(null)
  }

  #run(): void {
    this.#startedMs = monotonicMs()
    this.#engine.prefill(this.#part.ask)
    this.#schedule(0)
  }

  #schedule(index: number): void {
    this.#due = this.#engine.timeline.at(this.#startedMs! + this.#script.steps[index].atMs, () =>
      this.#play(index),
    )
  }

  #play(index: number): void {
    const { steps, ending } = this.#script
    const isLast = index === steps.length - 1
    const { chunks, tokens } = steps[index]
    if (this.#part.ask.stream) this.#sendChunks(chunks, tokens, isLast && ending === 'complete')
    else this.#sendWhole(chunks, tokens)
    if (isLast) this.#finish()
    else this.#schedule(index + 1)
  }

  #sendChunks(chunks: (string | Buffer)[], tokens: number, endsBody: boolean): void {
    const bytes = framed(chunks, endsBody)
    this.#stamp(tokens)
    if (bytes.length > 0) this.#exchange.write(bytes)
  }

  #sendWhole(chunks: (string | Buffer)[], tokens: number): void {
    this.#stamp(tokens)
    const [body] = chunks as string[]
    if (body === undefined) return
    const length = Buffer.byteLength(body)
    // A body that is hung up on had promised more.
    this.#exchange.startJson(this.#script.ending === 'complete' ? length : 2 * length)
    this.#exchange.write(body)
  }

  #stamp(tokens: number): void {
    if (tokens === 0) return
    const nowMs = monotonicMs()
    const { metrics } = this.#engine
    const beforeMs = this.#sentAtMs.at(-1)
    if (beforeMs === undefined) metrics.firstTokenAfter(nowMs - this.#exchange.receivedMs)
    else metrics.nextTokenAfter(nowMs - beforeMs)
    metrics.generationTokens += tokens
    for (let i = 0; i < tokens; i++) this.#sentAtMs.push(nowMs)
  }

  #finish(): void {
    const { ending, closes, finish } = this.#script
    if (ending === 'never') return
    if (ending === 'complete') this.#exchange.finish(closes)
    else if (ending === 'reset') this.#exchange.reset()
    else this.#exchange.hangUp()
    this.#end(finish)
  }

  /** @param finish null when it did not end by itself */
  #end(finish: Finish | null): void {
    const { ask, ordinal, fault, wrong } = this.#part
    const { receivedMs } = this.#exchange
    const sentAtMs = this.#sentAtMs
    this.#over()
    if (this.#due) this.#due.run = null
    if (finish && this.#startedMs !== null)
      this.#engine.metrics.end({
        receivedMs,
        startedMs: this.#startedMs,
        firstTokenMs: sentAtMs[0] ?? null,
        lastTokenMs: sentAtMs.at(-1) ?? null,
        tokens: sentAtMs.length,
        finish,
      })
    this.#engine.truth.add({
      ordinal,
      id: ask.freeId,
      endpoint: ask.endpoint,
      stream: ask.stream,
      receivedMs,
      queuedMs: this.#startedMs === null ? null : this.#startedMs - receivedMs,
      tokensSentAtMs: sentAtMs,
      endedMs: monotonicMs(),
      promptTokens: ask.prompt.length,
      outputTokens: sentAtMs.length,
      finish,
      fault: fault?.kind ?? null,
      wrong,
    })
    this.#leave()
  }
}

function wholeTextOf({ texts, reasoning, finish }: Answer) {
  return {
    text: texts.slice(reasoning).join(''),
    reasoning: reasoning > 0 ? texts.slice(0, reasoning).join('') : null,
    tokens: texts.length,
    finish,
  }
}
