/**
 * Memory of the worker over an inference run of 100 000 requests, against the simulator in its null mode.
 *
 *   npx tsx bench/inference-memory.ts [requests] [tokens an answer]
 *
 * Target: resident memory stays below 300 MB, and from the first third of the run to the last it grows by no more than the table of
 * requests does: 20 MB for 100 000.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { InferenceConfig } from '../src/lib/instrument/inference/plan.js'
import type { InferenceResult } from '../src/lib/instrument/inference/result.js'
import { spreadOf } from '../src/lib/instrument/measure/statistics.js'
import { formatCount } from '../src/lib/platform/units.js'
import { ALONE, VLLM } from '../test/support/measured.js'

const [requests = '100000', tokens = '16'] = process.argv.slice(2)
const program = (path: string) => fileURLToPath(new URL(`../src/lib/${path}.ts`, import.meta.url))

async function main(): Promise<void> {
  const runDir = await mkdtemp(join(tmpdir(), 'aibench-memory-'))
  const [simulator, url] = await startSimulator(runDir)
  try {
    const worker = await startWorker(runDir, url)
    const sizes = await sampled(worker)
    report(sizes, await readJson(join(runDir, 'result.json')))
  } finally {
    simulator.kill()
    await rm(runDir, { recursive: true })
  }
}

async function startSimulator(runDir: string): Promise<[ChildProcess, string]> {
  const options = join(runDir, 'simulator.json')
  await writeFile(options, JSON.stringify({ null: true }))
  const argv = [...process.execArgv, program('simulator/main'), options, '0']
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const text of child.stdout) {
    const url = /http:\/\/[\d.:]+/.exec(String(text))
    if (url) return [child, url[0]]
  }
  throw new Error('the simulator did not start')
}

async function startWorker(runDir: string, url: string): Promise<ChildProcess> {
  const order: InferenceConfig = {
    kind: 'inference',
    plan: {
      ...{ schema: 'aibench/inference-plan/1', endpoint: 'chat', numPrompts: Number(requests) },
      dataset: { kind: 'random', inputTokens: 16, outputTokens: Number(tokens), vocabulary: 4_000 },
      load: { kind: 'concurrency', concurrency: 32 },
      ...{ durationMs: null, warmup: { requests: 0, durationMs: null }, repeats: 1, seed: 1 },
      ...{ salt: null, temperature: 0, slo: [], goodput: null, pairedBaseline: false },
      timeouts: { connectMs: 10_000, ttftMs: 60_000, idleMs: 60_000, totalMs: 60_000 },
      ...{ findMaxRate: false, clients: 1, errorRateLimit: 0.01 },
    },
    ...ALONE,
    ...{ service: VLLM, url, model: null, gpuIds: null, runDir },
    ...{ runId: 'memory', provenance: { simulated: true } },
  }
  const file = join(runDir, 'order.json')
  await writeFile(file, JSON.stringify(order))
  const argv = [...process.execArgv, program('app/worker-main'), file]
  return spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** @returns megabytes, four times a second from the first live figures to the end, the making of the result included */
async function sampled(worker: ChildProcess): Promise<number[]> {
  const sizes: number[] = []
  let isMeasuring = false
  worker.stdout!.on('data', (text: Buffer) => {
    if (text.includes('"sample"')) isMeasuring = true
  })
  const timer = setInterval(
    () => void residentMb(worker.pid!).then((mb) => isMeasuring && sizes.push(mb)),
    250,
  )
  await once(worker, 'exit')
  clearInterval(timer)
  return sizes
}

function report(sizes: readonly number[], { requests: { ok }, throughput }: InferenceResult): void {
  const third = Math.floor(sizes.length / 3)
  const median = (part: readonly number[]) => spreadOf(part).median ?? NaN
  const [first, last] = [median(sizes.slice(0, third)), median(sizes.slice(-third))]
  console.log(
    `requests           ${formatCount(ok)}, ${Math.round(throughput.requestsPerSecond)}/s`,
  )
  console.log(`RSS, first third   ${Math.round(first)} MB`)
  console.log(`RSS, last third    ${Math.round(last)} MB   ${(last / first).toFixed(2)} ×`)
  console.log(`RSS, largest       ${Math.round(Math.max(...sizes))} MB`)
}

async function residentMb(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1] ?? NaN) / 1024
}

async function readJson(path: string): Promise<InferenceResult> {
  return JSON.parse(await readFile(path, 'utf8')) as InferenceResult
}

await main()
