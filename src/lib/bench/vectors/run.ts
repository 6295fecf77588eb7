import { readFile } from 'node:fs/promises'
import { cpus, hostname } from 'node:os'
import { join } from 'node:path'
import { EnvironmentError, UnreachableError, UsageError } from '../../platform/errors.js'
import { writeJson } from '../../platform/files.js'
import { poissonArrivals } from '../arrivals.js'
import { closedLoop, openLoop, type LoadOptions, type Sent } from '../load.js'
import { LoopMeter, MemoryMeter, UsageMeter } from '../meters.js'
import { startNullServer } from '../null-server.js'
import { Recorder, type RequestRecord } from '../recorder.js'
import { ChromaRaw, type EngineOptions } from './chroma-raw.js'
import { ChromaSdk } from './chroma-sdk.js'
import { loadDataset, type Dataset } from './dataset.js'
import { Distances } from './distance.js'
import { classOf, type PreparedQuery, type VectorEngine } from './engine.js'
import { groundTruthOf } from './ground-truth.js'
import { batchSize, ingest, type Ingest } from './ingest.js'
import { levelsOf, type LevelPlan, type Measurement } from './levels.js'
import { LiveSample } from './live-sample.js'
import type { WorkerEvent, WorkerOrder } from './plan.js'
import { RecallJudge } from './recall.js'
import { assembleResult } from './assemble.js'
import type { VectorResult } from './result.js'

const REQUEST_TIMEOUT_MS = 30_000
const CALIBRATION_MS = 500
const MEMORY_SAMPLE_MS = 250

export interface RunOptions {
  order: WorkerOrder
  emit(event: WorkerEvent): void
  signal: AbortSignal
  /** The worker's own program, started again as the null server; absent where there is no need to calibrate. */
  program?: string
}

/** Everything that was found and measured, for {@link assembleResult}. */
export interface Findings {
  startedAt: Date
  dataset: Dataset
  batch: number
  createMs: number
  ingests: readonly Ingest[]
  levels: readonly LevelPlan[]
  /** By level, then by repeat. */
  measurements: readonly (readonly Measurement[])[]
  ceilingPerSecond: number | null
  memory: MemoryMeter
  complete: boolean
}

/**
 * The whole benchmark: data, truth, collection, ingest, levels interleaved over the repeats, clean-up. Writes plan.json,
 * requests.ndjson and result.json. Interrupted, it ends with what was measured, marked as not complete.
 */
export async function runVectorBench(options: RunOptions): Promise<VectorResult> {
  const { order, signal } = options
  const { plan } = order
  const startedAt = new Date()
  const originMs = performance.now()
  await writeJson(join(order.runDir, 'plan.json'), plan)

  const dataset = await phase(options, 'dataset', async () => {
    const data = await loadDataset(plan)
    return [data, data.name]
  })
  const distances = new Distances(dataset, plan.space)
  const truth = await phase(options, 'truth', async () => [
    await groundTruthOf(dataset, distances, {
      k: plan.k,
      space: plan.space,
      cacheDir: order.cacheDir,
    }),
    `exact, k ${plan.k}, ${dataset.queryCount} queries`,
  ])
  const engineOptions: EngineOptions = {
    url: order.url,
    headers: await authorization(order.tokenFile),
    timeoutMs: REQUEST_TIMEOUT_MS,
  }
  const engine =
    plan.client === 'sdk' ? await ChromaSdk.connect(engineOptions) : new ChromaRaw(engineOptions)
  const ceilingPerSecond = await calibrate(options, dataset)
  const recorder = new Recorder(join(order.runDir, 'requests.ndjson'))
  const memory = new MemoryMeter(order.serverPid)
  const sampler = setInterval(() => memory.sample(), MEMORY_SAMPLE_MS)
  memory.sample()
  let [ingests, createMs, batch] = [[] as Ingest[], 0, plan.batch]
  const levels = levelsOf(plan)
  const measurements: Measurement[][] = levels.map(() => [])
  let isLost = false
  try {
    batch = batchSize(plan.batch, dataset.dim, await reach(engine, order.url))
    for (let repeat = 0; repeat < plan.repeats && !signal.aborted; repeat++) {
      // All but the last are there for the figure only.
      if (repeat > 0) await engine.drop()
      const created = await createEmpty(options, engine, repeat)
      createMs = repeat === 0 ? created : createMs
      const one = await measureIngest(options, engine, dataset, batch, repeat, originMs)
      ingests.push(one)
      await recorder.write(one.records)
      if (one.failure) break
    }
    const failure = ingests.at(-1)?.failure
    if (failure) throw ingestFailed(failure, ingests.at(-1)!)
    const queries = prepareQueries(engine, dataset, plan.k)
    const judge = new RecallJudge(truth, distances, dataset.count)
    for (let repeat = 0; repeat < plan.repeats && !isLost; repeat++)
      for (const [index, level] of levels.entries()) {
        if (signal.aborted || isLost) break
        const one = await measureLevel(options, level, repeat, queries, judge)
        measurements[index].push(one)
        isLost = one.load.lost
        await recorder.write(recordsOf(one.load.sent, level, repeat, originMs))
      }
  } finally {
    clearInterval(sampler)
    if (!plan.keepCollection) await engine.drop().catch(() => undefined)
    engine.close()
    await recorder.close()
  }
  const complete = !signal.aborted && !isLost
  const result = assembleResult(order, {
    startedAt,
    dataset,
    batch,
    createMs,
    ingests,
    levels,
    measurements,
    ceilingPerSecond,
    memory,
    complete,
  })
  await writeJson(join(order.runDir, 'result.json'), result)
  return result
}

async function phase<T>(
  { emit }: RunOptions,
  name: Extract<WorkerEvent, { type: 'phase' }>['phase'],
  work: () => Promise<[T, string]>,
): Promise<T> {
  const startMs = performance.now()
  emit({ type: 'phase', phase: name, text: '' })
  const [value, text] = await work()
  emit({ type: 'phase-done', phase: name, text, ms: performance.now() - startMs })
  return value
}

async function authorization(tokenFile: string | null): Promise<Record<string, string>> {
  if (tokenFile === null) return {}
  const token = await readFile(tokenFile, 'utf8').catch((error: Error) => {
    throw new UsageError(`The token file can't be read: ${error.message}`)
  })
  return { authorization: `Bearer ${token.trim()}` }
}

async function reach(engine: VectorEngine, url: string) {
  try {
    return await engine.limits()
  } catch (error) {
    throw new UnreachableError(`The server at ${url} does not answer: ${classOf(error)}`, {
      evidence: (error as Error).message,
      hints: ['aibench chroma check'],
    })
  }
}

/**
 * The same queries against a server that does nothing: what one core of this client could do. By CPU time and not by the clock, since
 * the null server may well be the slower of the two.
 */
async function calibrate(options: RunOptions, dataset: Dataset): Promise<number | null> {
  const { plan } = options.order
  if (!options.program || plan.client === 'sdk') return null
  using server = await startNullServer(options.program)
  const engine = new ChromaRaw({ url: server.url, headers: {}, timeoutMs: REQUEST_TIMEOUT_MS })
  const queries = prepareQueries(
    engine,
    { ...dataset, queryCount: Math.min(100, dataset.queryCount) },
    plan.k,
  )
  const measure = (durationMs: number) =>
    closedLoop(Math.max(...plan.concurrency), {
      send: async (item, finish) => {
        const answer = await queries[item].send()
        finish()
        answer.ids()
        return {}
      },
      items: queries.length,
      durationMs,
      signal: options.signal,
    })
  await measure(CALIBRATION_MS / 2)
  const usage = new UsageMeter(null)
  const load = await measure(CALIBRATION_MS)
  const { clientCores, wallMs } = usage.read()
  engine.close()
  return load.sent.length === 0 ? null : load.sent.length / ((clientCores * wallMs) / 1000)
}

async function createEmpty(
  { order, emit }: RunOptions,
  engine: VectorEngine,
  repeat: number,
): Promise<number> {
  const startMs = performance.now()
  await engine.create(order.collection, order.plan.space)
  const ms = performance.now() - startMs
  const count = await engine.count()
  if (count !== 0) throw new EnvironmentError(`A new collection has ${count} vectors in it`)
  if (repeat === 0) {
    emit({ type: 'phase', phase: 'collection', text: '' })
    emit({
      type: 'phase-done',
      phase: 'collection',
      text: `created in ${ms.toFixed(0)} ms, empty`,
      ms,
    })
  }
  return ms
}

async function measureIngest(
  { order, emit, signal }: RunOptions,
  engine: VectorEngine,
  dataset: Dataset,
  batch: number,
  repeat: number,
  originMs: number,
): Promise<Ingest> {
  const { repeats } = order.plan
  const which = repeats > 1 ? ` · ${repeat + 1} of ${repeats}` : ''
  emit({
    type: 'phase',
    phase: 'ingest',
    text: `${dataset.count} vectors · batch ${batch}${which}`,
  })
  const one = await ingest(engine, dataset, batch, {
    repeat,
    originMs,
    serverPid: order.serverPid,
    signal,
  })
  const rate = Math.round((one.vectors / one.durationMs) * 1000)
  const text = `${one.vectors} vectors · ${rate}/s · batch ${batch}${which}`
  emit({ type: 'phase-done', phase: 'ingest', text, ms: one.durationMs })
  return one
}

function ingestFailed(
  { errorClass, message }: { errorClass: string; message: string },
  one: Ingest,
) {
  return new UnreachableError(`Ingest failed after ${one.vectors} vectors: ${errorClass}`, {
    code: 'AIB_INGEST',
    evidence: message,
    hints: ['aibench chroma logs --stderr', 'aibench chroma check'],
  })
}

function prepareQueries(
  engine: VectorEngine,
  { queries, queryCount, dim }: Dataset,
  k: number,
): PreparedQuery[] {
  return Array.from({ length: queryCount }, (_, q) =>
    engine.prepareQuery(queries.subarray(q * dim, (q + 1) * dim), k),
  )
}

async function measureLevel(
  { order, emit, signal }: RunOptions,
  level: LevelPlan,
  repeat: number,
  queries: readonly PreparedQuery[],
  judge: RecallJudge,
): Promise<Measurement> {
  const { plan, serverPid } = order
  const [usage, loop] = [new UsageMeter(serverPid), new LoopMeter()]
  const live = new LiveSample({ level, repeat, plan, emit })
  const options: LoadOptions = {
    send: (item, finish) => sendQuery(queries[item], item, finish, judge),
    items: queries.length,
    durationMs: plan.durationMs,
    signal,
    onEnd: (sent) => live.add(sent),
  }
  const name = level.mode === 'open' ? `rate ${level.ratePerSecond}/s` : `c=${level.concurrency}`
  emit({ type: 'phase', phase: 'level', text: `${name}, repeat ${repeat + 1} of ${plan.repeats}` })
  loop.start()
  const load =
    level.ratePerSecond === null
      ? await closedLoop(level.concurrency, options)
      : await openLoop(
          poissonArrivals(level.ratePerSecond, plan.durationMs, plan.seed, `${repeat}`),
          OPEN_LOOP_CAP,
          options,
        )
  const measurement = { load, usage: usage.read(), loopDelayP99Ms: loop.stop() }
  emit({
    type: 'phase-done',
    phase: 'level',
    text: `${name}, repeat ${repeat + 1} of ${plan.repeats} · ${live.summary()}`,
    ms: load.wallMs,
  })
  return measurement
}

/** More than this in flight means that the server has long stopped keeping up. */
const OPEN_LOOP_CAP = 1_024

async function sendQuery(
  query: PreparedQuery,
  item: number,
  finish: () => void,
  judge: RecallJudge,
) {
  try {
    const answer = await query.send()
    finish()
    return { recall: judge.recall(item, answer.ids()) }
  } catch (error) {
    return { error: classOf(error) }
  }
}

function* recordsOf(
  sent: readonly Sent[],
  level: LevelPlan,
  repeat: number,
  originMs: number,
): Generator<RequestRecord> {
  for (const { item, dueMs, sentMs, endMs, error, recall } of sent)
    yield {
      phase: 'query',
      level: level.concurrency,
      repeat,
      item,
      dueMs: dueMs - originMs,
      sentMs: sentMs - originMs,
      latencyMs: endMs - sentMs,
      error,
      recall,
    }
}

/** Where the worker ran: goes into the result's provenance. */
export function machine(): Record<string, unknown> {
  const processors = cpus()
  return {
    host: hostname(),
    cpu: processors[0]?.model.trim() ?? null,
    cores: processors.length,
    nodeVersion: process.version,
  }
}
