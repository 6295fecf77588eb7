import type { Rng } from '../instrument/rng.js'
import type { Answer } from './answer.js'
import type { Ask } from './ask.js'
import { drawMs } from './draw.js'
import type { EventWriter, Finish } from './events.js'
import type { Fault, SimulatorOptions } from './options.js'

/** What is sent in one write. */
export interface Step {
  /** From the start of running. */
  atMs: number
  /** Each is a chunk of the body; none: only time passes. */
  chunks: (string | Buffer)[]
  /** So many tokens are complete with this write. */
  tokens: number
}

/** All that will be sent in answer to one request, and when. */
export interface Script {
  steps: Step[]
  /** How the body ends: in good order, by FIN or RST in its middle, or never. */
  ending: 'complete' | 'hang_up' | 'reset' | 'never'
  /** What the engine counts it as. */
  finish: Finish
  /** Whether the connection is closed after a complete body, without having said so. */
  closes: boolean
}

export interface Making {
  ask: Ask
  answer: Answer
  writer: EventWriter
  fault: Fault | null
  options: SimulatorOptions
  rng: Rng
}

/** An event that brings tokens, as it was meant to be. */
interface TokenEvent {
  atMs: number
  text: string
  isReasoning: boolean
  /** In this event, and up to it. */
  tokens: number
  tokensSoFar: number
  finish: Finish | null
}

/** Between the halves of a character: enough for two reads. */
const BETWEEN_HALVES_MS = 1
/** Role-only and empty events are put before every so many events. */
const ODD_EVERY = 2
const ENGINE_ERROR = 'EngineCore encountered an issue. See stack trace (above) for the root cause.'

/** The whole stream, made before it begins; pure, so that every fault can be seen without a socket. */
export function streamScript(making: Making): Script {
  const { fault, writer, answer } = making
  const events = tokenEvents(making)
  const [before, next] = cutAt(events, fault?.afterTokens ?? 0)
  const good: Omit<Script, 'steps'> = { ending: 'complete', finish: answer.finish, closes: false }
  const endingWith = (atMs: number, chunks: string[]) => [{ atMs, chunks, tokens: 0 }]
  const cutShort = (...chunks: string[]) => [
    ...tokenSteps(making, before),
    ...endingWith(next.atMs, chunks),
  ]
  switch (fault?.kind) {
    case 'stream_error': {
      const error = writer.error(ENGINE_ERROR, 'InternalServerError', 500)
      return { ...good, steps: cutShort(error, writer.done()), finish: 'error' }
    }
    case 'named_error':
    case 'error_field':
    case 'flat_error': {
      const error = writer.oddError(fault.kind, ENGINE_ERROR)
      return { ...good, steps: cutShort(error, writer.done()), finish: 'error' }
    }
    case 'json_error': {
      const body = writer.bareError(ENGINE_ERROR)
      return { ...good, steps: endingWith(events[0].atMs, [body]), finish: 'error' }
    }
    case 'early_done':
      return { ...good, steps: cutShort(writer.done()), finish: 'error' }
    case 'reset':
    case 'hang_up':
      return { ...good, steps: cutShort(), ending: fault.kind, finish: 'error' }
    case 'stall':
      return { ...good, steps: cutShort(), ending: 'never', finish: 'error' }
    case 'truncated':
      return { ...good, steps: cutShort(), finish: 'error' }
    case 'empty':
      return { ...good, steps: endingWith(events[0].atMs, [writer.done()]), finish: 'error' }
    case 'silent':
      return { ...good, steps: endingWith(events[0].atMs, []), finish: 'error', closes: true }
    case 'abort':
      return {
        ...good,
        steps: complete(making, [...before, { ...next, finish: 'abort' }]),
        finish: 'abort',
      }
    default:
      return {
        ...good,
        steps: complete(making, events),
        closes: fault?.kind === 'keep_alive_closed',
      }
  }
}

/** A body in one piece, when the last token would have been there. Faults of streams become their nearest kin. */
export function wholeScript({ fault, ...making }: Making, body: string): Script {
  const { atMs } = tokenEvents({ ...making, fault }).at(-1)!
  const tokens = making.answer.texts.length
  const half = body.slice(0, body.length / 2)
  const script = (text: string, rest: Partial<Script> = {}): Script => ({
    steps: [{ atMs, chunks: text ? [text] : [], tokens: text === body ? tokens : 0 }],
    ending: 'complete',
    finish: making.answer.finish,
    closes: false,
    ...rest,
  })
  switch (fault?.kind) {
    case 'reset':
      return script('', { ending: 'reset', finish: 'error' })
    case 'stall':
      return script('', { ending: 'never', finish: 'error' })
    case 'hang_up':
    case 'silent':
    case 'empty':
    case 'early_done':
      return script('', { ending: 'hang_up', finish: 'error' })
    case 'truncated':
      return script(half, { ending: 'hang_up', finish: 'error' })
    case 'bad_json':
      return script(half, { finish: 'error' })
    default:
      return script(body, { closes: fault?.kind === 'keep_alive_closed' })
  }
}

/** One token first, as it comes from the prompt, then `tokensPerEvent` at a time, sent when the last of them is there. */
function tokenEvents({ answer, options, rng }: Making): TokenEvent[] {
  const { texts, reasoning, finish } = answer
  const events: TokenEvent[] = []
  let atMs = drawMs(options.ttftMs, rng)
  for (let from = 0; from < texts.length;) {
    const isReasoning = from < reasoning
    const most = from + (from === 0 ? 1 : options.tokensPerEvent)
    const to = Math.min(most, isReasoning ? reasoning : texts.length)
    for (let token = Math.max(from, 1); token < to; token++) atMs += drawMs(options.itlMs, rng)
    events.push({
      atMs,
      text: texts.slice(from, to).join(''),
      isReasoning,
      tokens: to - from,
      tokensSoFar: to,
      finish: to === texts.length ? finish : null,
    })
    from = to
  }
  return events
}

/** @returns the events with at most so many tokens, and the one after them; the last event is never among the first */
function cutAt(events: readonly TokenEvent[], tokens: number): [TokenEvent[], TokenEvent] {
  const found = events.findIndex(({ tokensSoFar }) => tokensSoFar > tokens)
  const at = found < 0 ? events.length - 1 : found
  return [events.slice(0, at), events[at]]
}

function complete(making: Making, events: readonly TokenEvent[]): Step[] {
  const { ask, writer, fault, options } = making
  const { atMs, tokensSoFar } = events.at(-1)!
  const isSaid = ask.usage === 'none' || fault?.kind === 'usage_in_finish'
  const tail = [
    ...(isSaid ? [] : [writer.usage(tokensSoFar)]),
    ...(fault?.kind === 'no_done' ? [] : [writer.done()]),
  ]
  const steps = tokenSteps(making, events)
  if (options.tailMs > 0)
    return [...steps, { atMs: atMs + options.tailMs, chunks: tail, tokens: 0 }]
  steps.at(-1)!.chunks.push(...tail)
  return steps
}

function tokenSteps(making: Making, events: readonly TokenEvent[]): Step[] {
  const { ask, writer, fault, options } = making
  const steps: Step[] = []
  if (fault?.kind === 'early_role' && ask.endpoint === 'chat')
    steps.push({ atMs: 0, chunks: [writer.role(0)], tokens: 0 })
  const [lastBefore] = fault?.kind === 'bad_json' ? cutAt(events, fault.afterTokens) : []
  events.forEach((event, i) => {
    const { atMs, text, tokens, tokensSoFar, finish, isReasoning } = event
    const chunks: string[] = []
    if (i === 0 && ask.endpoint === 'chat' && fault?.kind !== 'early_role')
      chunks.push(writer.role(0))
    if (i % ODD_EVERY === 0) chunks.push(...oddEvent(making, tokensSoFar - tokens))
    if (i === lastBefore?.length) chunks.push(writer.broken())
    if (finish && fault?.kind === 'usage_in_finish')
      chunks.push(
        writer.token(text, tokensSoFar, null, isReasoning),
        writer.finishWithUsage(tokensSoFar, finish),
      )
    else chunks.push(writer.token(text, tokensSoFar, finish, isReasoning))
    if (fault?.kind === 'split_utf8') steps.push(...inHalves(steps, { atMs, chunks, tokens }))
    else steps.push({ atMs, chunks, tokens })
  })
  return fault?.kind === 'split_utf8' ? steps : inSegments(steps, options.eventsPerSegment)
}

function oddEvent({ ask, writer, fault }: Making, tokensSoFar: number): string[] {
  if (fault?.kind === 'role_only' && ask.endpoint === 'chat') return [writer.role(tokensSoFar)]
  if (fault?.kind === 'empty_events') return [writer.nothing()]
  const isOdd = fault?.kind === 'role_only' || fault?.kind === 'empty_deltas'
  return isOdd ? [writer.token('', tokensSoFar, null)] : []
}

/** Cuts inside the first character of several bytes, if there is one. */
function inHalves(before: readonly Step[], { atMs, chunks, tokens }: Step): Step[] {
  const bytes = Buffer.from(chunks.join(''))
  const at = bytes.findIndex((byte) => byte >= 0x80) + 1
  const fromMs = Math.max(atMs, before.at(-1)?.atMs ?? 0)
  if (at === 0) return [{ atMs: fromMs, chunks: [bytes], tokens }]
  return [
    { atMs: fromMs, chunks: [bytes.subarray(0, at)], tokens: 0 },
    { atMs: fromMs + BETWEEN_HALVES_MS, chunks: [bytes.subarray(at)], tokens },
  ]
}

/** The first step stays alone; of the others so many wait for the last of them. */
function inSegments(steps: readonly Step[], size: number): Step[] {
  if (size === 1) return [...steps]
  const joined = steps.slice(0, 1)
  for (let from = 1; from < steps.length; from += size) {
    const held = steps.slice(from, from + size)
    joined.push({
      atMs: held.at(-1)!.atMs,
      chunks: held.flatMap(({ chunks }) => chunks),
      tokens: held.reduce((sum, { tokens }) => sum + tokens, 0),
    })
  }
  return joined
}
