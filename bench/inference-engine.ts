/**
 * What a token costs the client: the instrument with full recording, the openai package, and a bare node:http loop that records nothing,
 * on one server that answers at once with all it has (our simulator's null mode).
 *
 *   npm run build && npx tsx bench/inference-engine.ts [rounds] [streams] [tokens an answer]
 *
 * Each client is a process of its own on core 0, the server on core 1 (taskset, where it is there); rounds are interleaved, medians shown.
 * Targets: ≥ 4 × the openai package and ≥ 0.9 × the bare loop in tokens per CPU second of the client.
 */
import OpenAI from 'openai'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runInferenceBench } from '../src/lib/instrument/inference/run.js'
import { spreadOf } from '../src/lib/instrument/measure/statistics.js'
import { formatNumber } from '../src/lib/platform/units.js'
import { ALONE, VLLM } from '../test/support/measured.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const KINDS = ['aibench', 'bare node:http', 'openai package'] as const
type Kind = (typeof KINDS)[number]

interface Figures {
  tokens: number
  cpuSeconds: number
  wallSeconds: number
  rssMb: number
}

interface Load {
  url: string
  streams: number
  tokens: number
  requests: number
}

const clients: Record<Kind, (load: Load) => Promise<Figures>> = {
  aibench: async ({ url, streams, tokens, requests }) => {
    const runDir = await mkdtemp(join(tmpdir(), 'aibench-engine-'))
    const result = await runInferenceBench({
      config: {
        kind: 'inference',
        plan: {
          schema: 'aibench/inference-plan/1',
          endpoint: 'chat',
          dataset: { kind: 'random', inputTokens: 16, outputTokens: tokens, vocabulary: 4_000 },
          load: { kind: 'concurrency', concurrency: streams },
          numPrompts: requests,
          ...{ durationMs: null, warmup: { requests: streams * 4, durationMs: null }, repeats: 1 },
          ...{ seed: 1, salt: null, temperature: 0, slo: [], goodput: null, clients: 1 },
          ...{ pairedBaseline: false, findMaxRate: false, errorRateLimit: 0 },
          timeouts: { connectMs: 5_000, ttftMs: 60_000, idleMs: 60_000, totalMs: 60_000 },
        },
        ...ALONE,
        ...{ service: VLLM, url, model: null, gpuIds: null },
        ...{ runDir, runId: 'engine', provenance: {} },
      },
      emit: () => undefined,
      signal: new AbortController().signal,
    })
    await rm(runDir, { recursive: true })
    const { durationMs, outputTokens } = result.throughput
    if (result.requests.failed > 0) throw new Error(JSON.stringify(result.errors))
    return {
      tokens: outputTokens,
      wallSeconds: durationMs / 1000,
      cpuSeconds: (result.instrument.clientCores * durationMs) / 1000,
      rssMb: process.memoryUsage.rss() / 1e6,
    }
  },
  'bare node:http': async (load) => {
    const agent = new Agent({ keepAlive: true, maxSockets: load.streams })
    const { hostname, port } = new URL(load.url)
    const body = JSON.stringify(bodyFor(load))
    return measured(
      load,
      () =>
        new Promise<number>((resolve, reject) => {
          const outgoing = request(
            {
              ...{ agent, hostname, port, method: 'POST', path: '/v1/chat/completions' },
              headers: { 'content-type': 'application/json', 'content-length': body.length },
            },
            (incoming) => {
              let [rest, tokens] = ['', 0]
              incoming.setEncoding('utf8')
              incoming.on('data', (text: string) => {
                rest += text
                let from = 0
                for (
                  let end = rest.indexOf('\n\n', from);
                  end >= 0;
                  end = rest.indexOf('\n\n', from)
                ) {
                  const data = rest.slice(from + 6, end)
                  from = end + 2
                  if (data === '[DONE]') continue
                  const event = JSON.parse(data) as OpenAI.Chat.ChatCompletionChunk
                  if (event.choices[0]?.delta.content) tokens++
                }
                rest = rest.slice(from)
              })
              incoming.on('end', () => resolve(tokens))
            },
          )
          outgoing.on('error', reject)
          outgoing.end(body)
        }),
    )
  },
  'openai package': async (load) => {
    const client = new OpenAI({ baseURL: `${load.url}/v1`, apiKey: 'none', maxRetries: 0 })
    return measured(load, async () => {
      let tokens = 0
      const stream = await client.chat.completions.create({ ...bodyFor(load), stream: true })
      for await (const event of stream) if (event.choices[0]?.delta.content) tokens++
      return tokens
    })
  },
}

function bodyFor({ tokens }: Load) {
  return {
    model: 'simulated',
    messages: [{ role: 'user' as const, content: 'what the others are asked, or nearly' }],
    max_tokens: tokens,
    stream: true as const,
    stream_options: { include_usage: true },
  }
}

/** So many requests at a time, after a warm-up that does not count. */
async function measured(load: Load, one: () => Promise<number>): Promise<Figures> {
  const all = async (count: number) => {
    let [left, tokens] = [count, 0]
    await Promise.all(
      Array.from({ length: load.streams }, async () => {
        while (left-- > 0) {
          const got = await one()
          tokens += got
        }
      }),
    )
    return tokens
  }
  await all(load.streams * 4)
  const [startMs, cpu] = [performance.now(), process.cpuUsage()]
  const tokens = await all(load.requests)
  const { user, system } = process.cpuUsage(cpu)
  return {
    tokens,
    cpuSeconds: (user + system) / 1e6,
    wallSeconds: (performance.now() - startMs) / 1000,
    rssMb: process.memoryUsage.rss() / 1e6,
  }
}

const pinned = (core: number, argv: string[]) => {
  try {
    execFileSync('taskset', ['-c', String(core), 'true'], { stdio: 'ignore' })
    return ['taskset', '-c', String(core), ...argv]
  } catch {
    return argv
  }
}

async function compare(rounds: number, streams: number, tokens: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'aibench-engine-'))
  const options = join(folder, 'options.json')
  await writeFile(options, JSON.stringify({ null: true }))
  const port = 20_000 + (process.pid % 20_000)
  const [program, ...args] = pinned(1, [
    ...[process.execPath, join(ROOT, 'dist/simulator.js'), options, String(port)],
  ])
  const server = spawn(program, args, { stdio: 'ignore' })
  try {
    await listening(port)
    const load: Load = { url: `http://127.0.0.1:${port}`, streams, tokens, requests: 0 }
    const figures = Object.fromEntries(KINDS.map((kind) => [kind, [] as Figures[]]))
    for (let round = 0; round < rounds; round++)
      for (const kind of KINDS) {
        const requests = Math.ceil((kind === 'aibench' ? 3_000_000 : 600_000) / tokens)
        figures[kind].push(await oneProcess(kind, { ...load, requests }))
      }
    report(figures as Record<Kind, Figures[]>)
  } finally {
    server.kill()
    await rm(folder, { recursive: true })
  }
}

async function listening(port: number): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const socket = connect(port, '127.0.0.1')
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isThere) return
    await new Promise((go) => setTimeout(go, 50))
  }
  throw new Error('the server does not listen')
}

async function oneProcess(kind: Kind, load: Load): Promise<Figures> {
  const self = fileURLToPath(import.meta.url)
  const argv = [process.execPath, ...process.execArgv, self, '--client', kind, JSON.stringify(load)]
  const [program, ...args] = pinned(0, argv)
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  await once(child, 'close')
  return JSON.parse(text) as Figures
}

function report(figures: Record<Kind, Figures[]>): void {
  const median = (kind: Kind, figure: (one: Figures) => number) =>
    spreadOf(figures[kind].map(figure)).median ?? NaN
  const perCpu = (kind: Kind) => median(kind, ({ tokens, cpuSeconds }) => tokens / cpuSeconds)
  console.log(`${' '.repeat(16)}  tokens/CPU-s  aibench is  tokens/s   RSS MB`)
  for (const kind of KINDS)
    console.log(
      [
        kind.padEnd(16),
        formatNumber(perCpu(kind)).padStart(12),
        `${(perCpu('aibench') / perCpu(kind)).toFixed(2)} ×`.padStart(10),
        formatNumber(median(kind, ({ tokens, wallSeconds }) => tokens / wallSeconds)).padStart(9),
        formatNumber(median(kind, ({ rssMb }) => rssMb)).padStart(7),
      ].join('  '),
    )
}

if (process.argv[2] === '--client') {
  const [kind, load] = process.argv.slice(3)
  console.log(JSON.stringify(await clients[kind as Kind](JSON.parse(load) as Load)))
} else {
  const [rounds = 3, streams = 32, tokens = 256] = process.argv.slice(2).map(Number)
  await compare(rounds, streams, tokens)
}
