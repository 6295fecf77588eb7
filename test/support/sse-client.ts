import { Agent, request } from 'node:http'
import type { SimulatorInput } from '../../src/lib/simulator/options.js'
import { monotonicMs } from '../../src/lib/simulator/monotonic.js'
import { startSimulator, type Simulator } from '../../src/lib/simulator/server.js'

export interface Seen {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
  /** Between the blank lines, without `data: `. */
  events: string[]
  /** Of each read: when, and what. */
  reads: { atMs: number; bytes: Buffer }[]
  /** `complete`, `cut` (FIN in the body), `reset` (RST), `silent` (given up by us). */
  ended: 'complete' | 'cut' | 'reset' | 'silent'
  /** Whether the server closed the connection within a moment after the answer. */
  closed: boolean
}

interface Asking {
  agent?: Agent
  headers?: Record<string, string>
  /** Gives up when nothing has come for so long. */
  patienceMs?: number
  method?: string
}

/** One request without any help: no retries, nothing hidden. */
export function ask(url: string, body?: unknown, asking: Asking = {}): Promise<Seen> {
  const { agent = new Agent({ keepAlive: true }), headers, patienceMs = 5000 } = asking
  const payload =
    body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const seen: Seen = {
      ...{
        status: 0,
        headers: {},
        body: '',
        events: [],
        reads: [],
        ended: 'complete',
        closed: false,
      },
    }
    const finish = () => {
      const bytes = Buffer.concat(seen.reads.map((read) => read.bytes))
      seen.body = bytes.toString('utf8')
      seen.events = seen.body
        .split(/\r?\n\r?\n/)
        .filter(Boolean)
        .map((event) => event.replace(/^data: /, ''))
      setTimeout(() => resolve(seen), 20)
    }
    const outgoing = request(url, {
      agent,
      method: asking.method ?? (payload === undefined ? 'GET' : 'POST'),
      headers: { 'content-type': 'application/json', ...headers },
    })
    let isReset = false
    outgoing.on('socket', (socket) => {
      socket.setTimeout(patienceMs, () => {
        seen.ended = 'silent'
        outgoing.destroy()
        finish()
      })
      socket.on('error', () => (isReset = true))
      socket.on('close', () => (seen.closed = true))
    })
    outgoing.on('error', (error) => {
      if (seen.ended === 'silent') return
      if (seen.status === 0) reject(error)
    })
    outgoing.on('response', (incoming) => {
      seen.status = incoming.statusCode!
      seen.headers = incoming.headers
      incoming.on('data', (bytes: Buffer) => seen.reads.push({ atMs: monotonicMs(), bytes }))
      incoming.on('end', finish)
      incoming.on('error', () => {
        if (seen.ended === 'silent') return
        seen.ended = isReset ? 'reset' : 'cut'
        finish()
      })
    })
    outgoing.end(payload)
  })
}

const QUICK: SimulatorInput = {
  ttftMs: { kind: 'constant', meanMs: 5 },
  itlMs: { kind: 'constant', meanMs: 2 },
}

/** A simulator that loses no time, and a way to ask it for answers of 8 tokens. */
export async function quickSimulator(options: SimulatorInput = {}): Promise<
  Simulator & {
    complete(body?: object, asking?: Asking): Promise<Seen>
    chat(body?: object, asking?: Asking): Promise<Seen>
  }
> {
  const simulator = await startSimulator({ ...QUICK, ...options })
  const common = { max_tokens: 8, stream: true, stream_options: { include_usage: true } }
  return {
    ...simulator,
    complete: (body, asking) =>
      ask(`${simulator.url}/v1/completions`, { prompt: 'one two', ...common, ...body }, asking),
    chat: (body, asking) =>
      ask(
        `${simulator.url}/v1/chat/completions`,
        { messages: [{ role: 'user', content: 'hello there' }], ...common, ...body },
        asking,
      ),
  }
}

interface AnyEvent {
  choices: {
    text?: string
    delta?: { role?: string; content?: string; reasoning?: string; reasoning_content?: string }
    finish_reason: string | null
  }[]
  usage?: { prompt_tokens: number; completion_tokens: number; total_tokens: number }
  error?: { code: number; message: string }
}

export function parsed(events: readonly string[]): AnyEvent[] {
  return events.flatMap((event) => {
    try {
      const value = JSON.parse(event) as AnyEvent | null
      return value === null ? [] : value
    } catch {
      return []
    }
  })
}

export function textOf(events: readonly string[]): string {
  return parsed(events)
    .map(({ choices: [choice] }) => choice?.text ?? choice?.delta?.content ?? '')
    .join('')
}

export function finishOf(events: readonly string[]): string | null {
  return (
    parsed(events).findLast(({ choices }) => choices?.[0]?.finish_reason)?.choices[0]
      .finish_reason ?? null
  )
}

export function usageOf(events: readonly string[]): number | undefined {
  return parsed(events).at(-1)?.usage?.completion_tokens
}
