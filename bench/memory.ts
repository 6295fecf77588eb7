/**
 * Memory of the worker over a run of 100 000 queries and more.
 *
 *   aibench chroma start --profile tuned --wait
 *   npx tsx bench/memory.ts http://127.0.0.1:PORT [queries a second that the server manages]
 *
 * Target: resident memory stays below 300 MB, and from the first third of the run to the last it grows by less than a tenth.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spreadOf } from '../src/lib/instrument/measure/statistics.js'
import type { VectorConfig } from '../src/lib/instrument/vectors/plan.js'
import type { VectorResult } from '../src/lib/instrument/vectors/result.js'
import { ALONE, CHROMA } from '../test/support/measured.js'
import { formatCount } from '../src/lib/platform/units.js'

const [url, rate = '3000'] = process.argv.slice(2)
const QUERIES = 100_000
const WORKER = fileURLToPath(new URL('../src/lib/app/worker-main.ts', import.meta.url))

async function main(): Promise<void> {
  if (!url) throw new Error('the address of a server is missing')
  const runDir = await mkdtemp(join(tmpdir(), 'aibench-memory-'))
  const order: VectorConfig = {
    kind: 'vectors',
    plan: {
      schema: 'aibench/vector-plan/1',
      dataset: { kind: 'clustered', vectors: 10_000, dim: 384, seed: 1 },
      ...{ space: 'cosine', k: 10, queries: 1_000, batch: 500, ratePerSecond: null, repeats: 4 },
      concurrency: [8],
      durationMs: (QUERIES / Number(rate) / 4) * 1000,
      ...{
        client: 'raw',
        seed: 1,
        slo: [],
        errorRateLimit: 0.01,
        keepCollection: false,
        ...{ goodput: null, findMaxRate: false, clients: 1 },
      },
    },
    ...ALONE,
    ...{ service: CHROMA, url, runDir, cacheDir: join(runDir, 'cache') },
    ...{ collection: `aibench-memory-${process.pid}`, runId: 'memory', provenance: {} },
  }
  await writeFile(join(runDir, 'order.json'), JSON.stringify(order))
  const argv = [...process.execArgv, WORKER, join(runDir, 'order.json')]
  const worker = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
  const sizes: number[] = []
  let isMeasuring = false
  worker.stdout.on('data', (text: Buffer) => {
    isMeasuring ||= text.includes('"sample"')
  })
  const timer = setInterval(
    () => void sample(worker.pid!).then((mb) => isMeasuring && sizes.push(mb)),
    500,
  )
  await once(worker, 'exit')
  clearInterval(timer)
  const result = JSON.parse(await readFile(join(runDir, 'result.json'), 'utf8')) as VectorResult
  const third = Math.floor(sizes.length / 3)
  const median = (part: number[]) => spreadOf(part).median ?? NaN
  const [first, last] = [median(sizes.slice(0, third)), median(sizes.slice(-third))]
  const queries = [result.sequential, ...result.concurrent].reduce(
    (sum, { issued }) => sum + issued,
    0,
  )
  console.log(`queries            ${formatCount(queries)}`)
  console.log(`RSS, first third   ${Math.round(first)} MB`)
  console.log(`RSS, last third    ${Math.round(last)} MB   ${(last / first).toFixed(2)} ×`)
  console.log(`RSS, largest       ${Math.round(Math.max(...sizes))} MB while measuring`)
}

async function sample(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1] ?? NaN) / 1024
}

await main()
