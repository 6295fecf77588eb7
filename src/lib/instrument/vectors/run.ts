import { join } from 'node:path'
import { EnvironmentError, JobFailedError, UnreachableError } from '../../platform/errors.js'
import { writeJson } from '../../platform/files.js'
import { formatCount, formatNumber } from '../../platform/units.js'
import { accessOf } from '../http/access.js'
import { MemoryMeter } from '../measure/meters.js'
import { Recorder } from '../measure/recorder.js'
import { assembleResult } from './assemble.js'
import { calibrate } from './calibrate.js'
import { ChromaRaw, type EngineOptions } from './chroma-raw.js'
import { ChromaSdk } from './chroma-sdk.js'
import { loadDataset, type Dataset } from './dataset.js'
import { Distances, type Space } from './distance.js'
import { type VectorEngine } from './engine.js'
import { truthFrom, type GivenTruth } from './given-truth.js'
import { NextSteps } from '../next-steps.js'
import type { GroundTruth } from './truth/contract.js'
import { groundTruthOf } from './truth/ground-truth.js'
import { batchSize, ingest, type Ingest } from './ingest.js'
import { levelsOf, type LevelPlan, type Measurement } from './levels.js'
import { LiveIngest, LiveTruth } from './live-sample.js'
import { measureLevel, prepareQueries, recordsOf } from './measure.js'
import type { VectorEvent, VectorConfig } from './plan.js'
import { RecallJudge } from './recall.js'
import { failureOf, notAdded, notMade, notReached } from './refusal.js'
import type { VectorResult } from './result.js'

const REQUEST_TIMEOUT_MS = 30_000
const MEMORY_SAMPLE_MS = 250

export interface RunOptions {
  order: VectorConfig
  emit(event: VectorEvent): void
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
  /** For the result's warnings. */
  notes: readonly string[]
  complete: boolean
}

/**
 * The whole benchmark: data, truth, collection, ingest, levels interleaved over the repeats, clean-up. Writes plan.json,
 * requests.ndjson and result.json. Interrupted, it ends with what was measured, marked as not complete.
 * @throws UnreachableError, after result.json was written, when the server was lost on the way
 */
export async function runVectorBench(options: RunOptions): Promise<VectorResult> {
  const { order, signal } = options
  const { plan } = order
  const startedAt = new Date()
  const originMs = performance.now()
  await writeJson(join(order.runDir, 'plan.json'), plan)

  // Who is not there, or takes nobody in, is found before the data and its truth are made.
  const engine = await connect(order)
  const limits = await reach(engine, order)
  const { dataset, distances, truth, notes } = await prepare(options).catch((error: unknown) => {
    engine.close()
    throw signal.aborted ? stoppedEarly(signal) : error
  })
  const ceilingPerSecond = await calibrate(options, dataset)
  const recorder = new Recorder(join(order.runDir, 'requests.ndjson'))
  const memory = new MemoryMeter(order.serverPid)
  const sampler = setInterval(() => memory.sample(), MEMORY_SAMPLE_MS)
  memory.sample()
  const ingests: Ingest[] = []
  let [createMs, batch] = [0, plan.batch]
  const levels = levelsOf(plan)
  const measurements: Measurement[][] = levels.map(() => [])
  let isLost = false
  try {
    batch = batchSize(plan.batch, dataset.dim, limits)
    for (let repeat = 0; repeat < plan.repeats && !signal.aborted; repeat++) {
      const created = await createEmpty(options, engine, dataset.space, repeat)
      createMs = repeat === 0 ? created : createMs
      const one = await measureIngest(options, engine, dataset, batch, repeat, originMs)
      ingests.push(one)
      await recorder.write(one.records)
      if (one.failure) break
    }
    const failure = ingests.at(-1)?.failure
    if (failure)
      throw notAdded(
        failure,
        { added: ingests.at(-1)!.vectors, batch, bytes: failure.bytes },
        whereOf(order),
      )
    const queries = prepareQueries(engine, dataset, plan.k)
    const judge = new RecallJudge(truth, distances, dataset.count)
    for (let repeat = 0; repeat < plan.repeats && !isLost; repeat++)
      for (const [index, level] of levels.entries()) {
        if (signal.aborted || isLost) break
        const one = await measureLevel(options, { level, index, repeat }, queries, judge)
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
    notes,
    complete,
  })
  await writeJson(join(order.runDir, 'result.json'), result)
  if (isLost) throw serverLost(order, result)
  return result
}

/** Chroma takes its token in one of two headers, by its configuration: somebody's server gets both. */
async function connect(order: VectorConfig): Promise<VectorEngine> {
  const { headers, trust } = await accessOf(order)
  const token = order.access?.tokenHeader === null && /^Bearer (.+)$/.exec(headers.authorization)
  const { tenant, database, client } = order.plan
  const options: EngineOptions = {
    ...{ url: order.url, trust, tenant, database, timeoutMs: REQUEST_TIMEOUT_MS },
    headers:
      token && order.access?.tokenFile ? { 'x-chroma-token': token[1], ...headers } : headers,
  }
  return client === 'sdk' ? ChromaSdk.connect(options) : new ChromaRaw(options)
}

async function phase<T>(
  { emit }: RunOptions,
  { name, text: begun }: { name: string; text: string },
  work: () => Promise<[T, string]>,
): Promise<T> {
  const startMs = performance.now()
  emit({ type: 'phase', phase: name, text: begun })
  const [value, text] = await work()
  emit({ type: 'phase-done', phase: name, text, ms: performance.now() - startMs })
  return value
}

function serverLost(order: VectorConfig, { errors }: VectorResult): UnreachableError {
  return new UnreachableError(`The server at ${order.url} stopped answering in mid-benchmark`, {
    code: 'AIB_SERVER_LOST',
    evidence: errors.map((one) => `${one.class} ${one.count}`).join(' · '),
    hints: whereOf(order).next.look(),
  })
}

function stoppedEarly({ reason }: AbortSignal): JobFailedError {
  return new JobFailedError('Stopped before anything was measured', {
    code: 'AIB_WORKER_STOPPED',
    evidence: (reason as Error).message,
  })
}

const whereOf = (order: VectorConfig) => ({
  url: order.url,
  next: new NextSteps(order),
})

async function reach(engine: VectorEngine, order: VectorConfig) {
  try {
    return await engine.limits()
  } catch (error) {
    const words = await notReached(engine, failureOf(error), whereOf(order))
    engine.close()
    throw words
  }
}

/** Data and truth: what costs, and needs no server. */
async function prepare(options: RunOptions) {
  const { order, signal } = options
  const { plan, cacheDir } = order
  const dataset = await phase(options, { name: 'dataset', text: '' }, async () => {
    const data = await loadDataset(plan, signal)
    return [data, data.name]
  })
  const { space, given, queryCount } = dataset
  const distances = new Distances(dataset, space)
  const neighbours = `k ${plan.k}, ${formatCount(queryCount)} queries, ${space}`
  const truth = await phase<GroundTruth | (GroundTruth & { checked: number })>(
    options,
    { name: 'truth', text: neighbours },
    async () => {
      const how = { k: plan.k, space, signal }
      const taken = given && (await taking(given, () => truthFrom(given, dataset, distances, how)))
      if (taken) return [taken, `given, ${neighbours}; ${taken.checked} of them checked`]
      const live = new LiveTruth(dataset.count, options.emit)
      const onProgress = (vectors: number) => live.searched(vectors)
      const found = await groundTruthOf(dataset, { ...how, cacheDir, onProgress })
      return [found, `exact, ${neighbours}`]
    },
  )
  const notes =
    given && !('checked' in truth)
      ? [`the neighbours in ${given.path} are not true: they were searched for`]
      : []
  return { dataset, distances, truth, notes }
}

/** A truth that came along and is none is not worth ending the run. */
async function taking<T>({ isAskedFor }: GivenTruth, take: () => Promise<T>): Promise<T | null> {
  try {
    return await take()
  } catch (error) {
    if (isAskedFor) throw error
    return null
  }
}

async function createEmpty(
  { order, emit }: RunOptions,
  engine: VectorEngine,
  space: Space,
  repeat: number,
): Promise<number> {
  const make = async () => {
    // All but the last are there for the figure only.
    if (repeat > 0) await engine.drop()
    const startMs = performance.now()
    await engine.create(order.collection, space)
    return { ms: performance.now() - startMs, count: await engine.count() }
  }
  const { ms, count } = await make().catch((error: unknown) => {
    throw notMade(failureOf(error), order.plan, whereOf(order))
  })
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
    text: `${formatCount(dataset.count)} vectors · batch ${formatCount(batch)}${which}`,
  })
  const live = new LiveIngest({
    ...{ batch, repeats, emit },
    of: dataset.count,
    repeat: repeat + 1,
  })
  const one = await ingest(engine, dataset, batch, {
    repeat,
    originMs,
    serverPid: order.serverPid,
    signal,
    onAdded: (vectors) => live.added(vectors),
  })
  const rate = formatNumber((one.vectors / one.durationMs) * 1000)
  const text = `${formatCount(one.vectors)} vectors · ${rate}/s · batch ${formatCount(batch)}${which}`
  emit({ type: 'phase-done', phase: 'ingest', text, ms: one.durationMs })
  return one
}
