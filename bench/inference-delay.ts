/**
 * How late the instrument sees a token, by the simulator's own send times (both clocks are the machine's monotonic one).
 *
 *   npm run build && npx tsx bench/inference-delay.ts
 *
 * Cases: 384 streams of 50 tokens a second each, that began one after the other, and all at the same moments (every token of all at once); 256 requests started at once; constant arrivals at more and more tokens a second,
 * the answers 64 tokens, TTFT 50 ms, ITL 20 ms. Client on core 0, simulator on core 1 (taskset, where it is there).
 * Targets on a quiet machine: token delay p50 ≤ 0.5 ms, p99 ≤ 10 ms; TTFT error p50 ≤ 0.5 ms; at once: p50 ≤ 1 ms, p99 ≤ 25 ms.
 */
import { ALL_FEATURES } from '../src/lib/instrument/inference/request-writer.js'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { OPEN, openAccess } from '../src/lib/instrument/http/access.js'
import type { InferencePlan } from '../src/lib/instrument/inference/plan.js'
import { WARM_UP } from '../src/lib/instrument/inference/schedule.js'
import { InferenceWorkload } from '../src/lib/instrument/inference/workload.js'
import type { LoadPlan } from '../src/lib/instrument/load/plan.js'
import { hrMs } from '../src/lib/instrument/load/remote-protocol.js'
import { Worker } from '../src/lib/instrument/load/worker.js'
import { percentile } from '../src/lib/instrument/measure/statistics.js'
import { ALONE, VLLM } from '../test/support/measured.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const TOKENS = 64
const SIMULATED = {
  ttftMs: { kind: 'constant', meanMs: 50 },
  itlMs: { kind: 'constant', meanMs: 20 },
  slots: 100_000,
}

interface Truth {
  id: string | null
  receivedMs: number
  tokensSentAtMs: number[]
}

interface Case {
  name: string
  load: LoadPlan
  requests: number
}

const LADDER = [6_400, 12_800, 19_200, 25_600, 32_000, 38_400]
const STREAMS = 384

function constant(ratePerSecond: number): LoadPlan {
  return { kind: 'rate', ratePerSecond, arrival: 'constant', burstiness: 1, maxInFlight: null }
}

async function main(): Promise<void> {
  console.log('                              TTFT error, ms     last token, ms')
  console.log('                               p50      p99       p50      p99   client cores')
  const lasts = SIMULATED.ttftMs.meanMs + (TOKENS - 1) * SIMULATED.itlMs.meanMs
  await report({
    name: '384 streams × 50 tokens/s',
    load: constant(STREAMS / (lasts / 1000)),
    requests: STREAMS * 6,
  })
  await report({
    name: '384 streams in lock step',
    load: { kind: 'concurrency', concurrency: STREAMS },
    requests: STREAMS * 6,
  })
  await report({ name: '256 at once', load: { kind: 'burst' }, requests: 256 })
  for (const tokensPerSecond of LADDER) {
    const ratePerSecond = tokensPerSecond / TOKENS
    await report({
      name: `${tokensPerSecond} tokens/s`,
      load: constant(ratePerSecond),
      requests: Math.ceil(ratePerSecond * 8),
    })
  }
}

async function report(one: Case): Promise<void> {
  const { first, last, cores } = await measure(one)
  const of = (values: Float64Array) =>
    [0.5, 0.99].map((share) => percentile(values, share)!.toFixed(2).padStart(8)).join(' ')
  console.log(`${one.name.padEnd(26)} ${of(first)}  ${of(last)}  ${cores.toFixed(2).padStart(13)}`)
}

async function measure({ load, requests }: Case) {
  const folder = await mkdtemp(join(tmpdir(), 'aibench-delay-'))
  const truthFile = join(folder, 'truth.ndjson')
  const server = await simulator(folder, truthFile)
  try {
    const workload = await InferenceWorkload.load(
      {
        ...ALONE,
        ...{ kind: 'inference', service: VLLM, url: server.url, model: null, gpuIds: null },
        runDir: folder,
        runId: 'delay',
        provenance: {},
        plan: planFor(load, requests),
      },
      {
        model: 'simulated',
        version: '0.32.0',
        maxModelLen: null,
        salt: 'delay',
        features: { ...ALL_FEATURES },
        trouble: null,
      },
      await openAccess(server.url, OPEN),
    )
    const worker = new Worker({
      workload,
      runDir: folder,
      shard: { index: 0, of: 1 },
      emit: () => undefined,
      signal: new AbortController().signal,
    })
    const warmUp = await worker.prepare(WARM_UP, false)
    await warmUp(performance.now())
    const begin = await worker.prepare({ repeat: 0, variant: 'main' }, true)
    const [startMs, cpu] = [performance.now() + 200, process.cpuUsage()]
    const startHrMs = startMs - performance.now() + hrMs()
    const { table, wallMs } = await begin(startMs)
    const { user, system } = process.cpuUsage(cpu)
    await worker.close()
    server.child.kill('SIGTERM')
    await once(server.child, 'close')
    const truth = await truthOf(truthFile)
    const [first, last] = [[], []] as number[][]
    for (let row = 0; row < table.count; row++) {
      const known = truth.get(`delay-${table.get(row, 'index')}`)
      if (!known || !table.isOk(row)) throw new Error('a request is missing or failed')
      first.push(startHrMs + table.get(row, 'firstMs') - known.tokensSentAtMs[0])
      last.push(startHrMs + table.get(row, 'lastMs') - known.tokensSentAtMs.at(-1)!)
    }
    const cores = (user + system) / 1000 / wallMs
    return { first: Float64Array.from(first).sort(), last: Float64Array.from(last).sort(), cores }
  } finally {
    server.child.kill('SIGKILL')
    await rm(folder, { recursive: true })
  }
}

function planFor(load: LoadPlan, requests: number): InferencePlan {
  return {
    schema: 'aibench/inference-plan/1',
    endpoint: 'completions',
    dataset: { kind: 'random', inputTokens: 32, outputTokens: TOKENS, vocabulary: 4_000 },
    ...{ load, numPrompts: requests, durationMs: null },
    ...{ warmup: { requests: 64, durationMs: null }, repeats: 1, seed: 1, salt: null },
    ...{ temperature: 0, slo: [], goodput: null, clients: 1, errorRateLimit: 0 },
    ...{ pairedBaseline: false, findMaxRate: false },
    timeouts: { connectMs: 5_000, ttftMs: 60_000, idleMs: 60_000, totalMs: 120_000 },
  }
}

async function truthOf(file: string): Promise<Map<string, Truth>> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter(Boolean)
  return new Map(lines.map((line) => JSON.parse(line) as Truth).map((one) => [one.id ?? '', one]))
}

let ports = 20_000 + (process.pid % 20_000)

async function simulator(
  folder: string,
  truthFile: string,
): Promise<{ url: string; child: ChildProcess }> {
  const options = join(folder, 'options.json')
  await writeFile(options, JSON.stringify({ ...SIMULATED, truthFile }))
  const port = ports++
  const argv = [process.execPath, join(ROOT, 'dist/simulator.js'), options, String(port)]
  const [program, ...args] = pinned(1, argv)
  const child = spawn(program, args, { stdio: 'ignore' })
  for (let i = 0; i < 100; i++) {
    const socket = connect(port, '127.0.0.1')
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isThere) return { url: `http://127.0.0.1:${port}`, child }
    await new Promise((go) => setTimeout(go, 50))
  }
  throw new Error('the simulator does not listen')
}

function pinned(core: number, argv: string[]): string[] {
  try {
    execFileSync('taskset', ['-c', String(core), 'true'], { stdio: 'ignore' })
    return ['taskset', '-c', String(core), ...argv]
  } catch {
    return argv
  }
}

try {
  execFileSync('taskset', ['-cp', '0', String(process.pid)], { stdio: 'ignore' })
} catch {
  // Without taskset the scheduler of the system decides.
}
await main()
