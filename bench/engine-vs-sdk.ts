/**
 * Our engine against the chromadb package, on one and the same server, interleaved.
 *
 *   aibench chroma start --profile tuned --wait
 *   npx tsx bench/engine-vs-sdk.ts http://127.0.0.1:PORT [rounds]
 *
 * Targets on a machine of two cores that client and server share: queries/s at 8 clients ≥ 2.4 ×, their p99 ≤ 0.4 ×, ingest ≥ 1.35 ×
 * at 384 dimensions and ≥ 1.5 × at 768; the same recall. `bare` is a loop over node:http with nothing around it: what an instrument
 * without an instrument would reach. Absolute figures of such machines move by a third from hour to hour; ratios hardly.
 */
import { Agent, request } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from '../src/lib/instrument/load/worker.js'
import { UsageMeter } from '../src/lib/instrument/measure/meters.js'
import { latencyOf, spreadOf } from '../src/lib/instrument/measure/statistics.js'
import { loadDataset, type Dataset } from '../src/lib/instrument/vectors/dataset.js'
import { Distances } from '../src/lib/instrument/vectors/distance.js'
import { type VectorEngine } from '../src/lib/instrument/vectors/engine.js'
import { groundTruthOf } from '../src/lib/instrument/vectors/truth/ground-truth.js'
import { closedLevel } from '../src/lib/instrument/vectors/levels.js'
import { CHROMA } from '../src/lib/instrument/vectors/protocols/chroma.js'
import { summarizeLevel } from '../src/lib/instrument/vectors/summary.js'
import { QueryWorkload } from '../src/lib/instrument/vectors/workload.js'
import { ingest } from '../src/lib/instrument/vectors/ingest.js'
import type { VectorPlan } from '../src/lib/instrument/vectors/plan.js'
import { RecallJudge } from '../src/lib/instrument/vectors/recall.js'
import { formatNumber } from '../src/lib/platform/units.js'

const [url, rounds = '3'] = process.argv.slice(2)
const CLIENTS = 8
const LEVEL_MS = 4_000
/** Right after an ingest the server still works on what it was given. */
const SETTLE_MS = 1_500
const BATCH = 500
const never = new AbortController().signal

interface Round {
  queriesPerSecond: number
  p99Ms: number
  recall: number
  clientCores: number
}

async function main(): Promise<void> {
  if (!url) throw new Error('the address of a tuned server is missing')
  const [small, large] = [await dataset(384), await dataset(768)]
  const ingests: Record<string, { raw: number[]; sdk: number[] }> = {
    'ingest vectors/s, 384-d': { raw: [], sdk: [] },
    'ingest vectors/s, 768-d': { raw: [], sdk: [] },
  }
  const levels: Record<'bare' | 'raw' | 'sdk', Round[]> = { bare: [], raw: [], sdk: [] }
  for (let round = 0; round < Number(rounds); round++) {
    for (const client of ['raw', 'sdk'] as const) {
      await withCollection(client, async (engine) => {
        ingests['ingest vectors/s, 768-d'][client].push(await ingestRate(engine, large))
      })
      await withCollection(client, async (engine, name) => {
        ingests['ingest vectors/s, 384-d'][client].push(await ingestRate(engine, small))
        levels[client].push(await queryRound(engine, small))
        if (client === 'raw') levels.bare.push(await bareRound(name, small))
      })
    }
    process.stderr.write(`round ${round + 1} of ${rounds} done\n`)
  }
  report(ingests, levels)
}

function report(
  ingests: Record<string, { raw: number[]; sdk: number[] }>,
  levels: Record<'bare' | 'raw' | 'sdk', Round[]>,
): void {
  const row = (name: string, bare: number, raw: number, sdk: number) =>
    console.log(
      name.padEnd(26) +
        [Number.isNaN(bare) ? '' : formatNumber(bare), formatNumber(raw), formatNumber(sdk)]
          .map((figure) => figure.padStart(10))
          .join('') +
        `${formatNumber(raw / sdk)} ×`.padStart(10),
    )
  console.log(
    ' '.repeat(26) + ['bare', 'raw', 'sdk', 'raw÷sdk'].map((t) => t.padStart(10)).join(''),
  )
  for (const [title, figure] of [
    ['queries/s, 8 clients', (one: Round) => one.queriesPerSecond],
    ['p99 ms', (one: Round) => one.p99Ms],
    ['recall@10', (one: Round) => one.recall],
    ['client cores', (one: Round) => one.clientCores],
  ] as const) {
    const [bare, raw, sdk] = [levels.bare, levels.raw, levels.sdk].map((of) =>
      median(of.map(figure)),
    )
    row(title, title === 'recall@10' ? NaN : bare, raw, sdk)
  }
  for (const [title, { raw, sdk }] of Object.entries(ingests))
    row(title, NaN, median(raw), median(sdk))
}

function median(figures: number[]): number {
  return spreadOf(figures).median ?? NaN
}

function dataset(dim: number): Promise<Dataset> {
  return loadDataset({
    dataset: { kind: 'clustered', vectors: 10_000, dim, seed: 1 },
    queries: 1_000,
  } as VectorPlan)
}

async function withCollection(
  client: 'raw' | 'sdk',
  work: (engine: VectorEngine, name: string) => Promise<void>,
): Promise<void> {
  const options = { url, headers: {}, token: null, trust: null }
  const engine = client === 'raw' ? CHROMA.engine(options) : await CHROMA.library!(options)
  const name = `aibench-measure-${process.pid}-${Date.now()}`
  await engine.limits()
  await engine.create(name, 'cosine')
  try {
    await work(engine, name)
  } finally {
    await engine.drop()
    engine.close()
  }
}

async function ingestRate(engine: VectorEngine, data: Dataset): Promise<number> {
  const context = { repeat: 0, originMs: performance.now(), serverPid: null, signal: never }
  const { vectors, durationMs, failure } = await ingest(engine, data, BATCH, context)
  if (failure) throw new Error(failure.message)
  return (vectors / durationMs) * 1000
}

/** As a worker of the benchmark measures it: with its table, its live figures and its records. */
async function queryRound(engine: VectorEngine, data: Dataset): Promise<Round> {
  const runDir = await mkdtemp(join(tmpdir(), 'aibench-engine-'))
  const plan = { k: 10, durationMs: LEVEL_MS, seed: 1, repeats: 1 } as VectorPlan
  const workload = new QueryWorkload(engine, plan)
  workload.encode(data.queries, data.dim)
  const [shard, emit] = [{ index: 0, of: 1 }, () => undefined]
  const worker = new Worker({ workload, runDir, shard, emit, signal: never })
  const level = { level: closedLevel(CLIENTS), repeat: 0 }
  const settle = await worker.prepare({ ...level, isWarmUp: true }, false)
  await settle(performance.now())
  await new Promise((go) => setTimeout(go, SETTLE_MS))
  const begin = await worker.prepare({ ...level, isWarmUp: false }, true)
  const meter = new UsageMeter(null)
  const outcome = await begin(performance.now())
  const usage = meter.read()
  await worker.close()
  await rm(runDir, { recursive: true })
  outcome.tally.judge(await judgeOf(data))
  const summary = summarizeLevel(level.level, [{ outcome, usage }], null)
  if (summary.errors > 0)
    throw new Error(`queries failed: ${JSON.stringify(summary.errorsByClass)}`)
  return {
    queriesPerSecond: summary.queriesPerSecond,
    p99Ms: summary.p99Ms!,
    recall: summary.recallAtK!,
    clientCores: usage.clientCores,
  }
}

let judging: Promise<RecallJudge> | undefined

function judgeOf(data: Dataset): Promise<RecallJudge> {
  judging ??= (async () => {
    const distances = new Distances(data, 'cosine')
    const cacheDir = await mkdtemp(join(tmpdir(), 'aibench-truth-'))
    const truth = await groundTruthOf(data, { k: 10, space: 'cosine', cacheDir })
    return new RecallJudge(truth, distances, data.count)
  })()
  return judging
}

const COLLECTIONS = '/api/v2/tenants/default_tenant/databases/default_database/collections'

/** Nothing but node:http and a clock. */
async function bareRound(name: string, { queries, queryCount, dim }: Dataset): Promise<Round> {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
  const target = new URL(url)
  const call = (method: string, path: string, body?: Buffer) =>
    new Promise<Buffer>((resolve, reject) => {
      const headers = body && { 'content-type': 'application/json', 'content-length': body.length }
      const { hostname, port } = target
      const outgoing = request({ hostname, port, agent, method, path, headers }, (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('end', () => resolve(Buffer.concat(chunks)))
      })
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  const { id } = JSON.parse(String(await call('GET', `${COLLECTIONS}/${name}`))) as { id: string }
  const bodies = Array.from({ length: queryCount }, (_, q) =>
    Buffer.from(
      JSON.stringify({
        query_embeddings: [Array.from(queries.subarray(q * dim, (q + 1) * dim))],
        n_results: 10,
        include: ['distances'],
      }),
    ),
  )
  const usage = new UsageMeter(null)
  const latencies: number[] = []
  let next = 0
  const startMs = performance.now()
  const slot = async () => {
    while (performance.now() - startMs < LEVEL_MS) {
      const sentMs = performance.now()
      await call('POST', `${COLLECTIONS}/${id}/query`, bodies[next++ % queryCount])
      latencies.push(performance.now() - sentMs)
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, slot))
  const seconds = (performance.now() - startMs) / 1000
  agent.destroy()
  return {
    queriesPerSecond: latencies.length / seconds,
    p99Ms: latencyOf(Float64Array.from(latencies)).p99Ms!,
    recall: NaN,
    clientCores: usage.read().clientCores,
  }
}

await main()
