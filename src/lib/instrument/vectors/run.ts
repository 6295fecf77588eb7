import { join } from 'node:path'
import { AibenchError, UnreachableError } from '../../platform/errors.js'
import { removeTree, writeJson } from '../../platform/files.js'
import { formatCount, formatNumber } from '../../platform/units.js'
import { accessOf, type OpenedAccess } from '../http/access.js'
import { BesideServer } from '../load/beside-server.js'
import { Conductor } from '../load/conductor.js'
import { Coordinator } from '../load/coordinator.js'
import { tellsOf } from '../load/growth.js'
import { brokenBy, furtherWorkers } from '../load/further-workers.js'
import { keepRecords } from '../load/keep-records.js'
import { SampleBoard } from '../load/live-merge.js'
import { phase } from '../load/phase.js'
import type { RemoteWorkerProcess } from '../load/remote-worker-process.js'
import { findMaxRate } from '../load/search.js'
import { Worker } from '../load/worker.js'
import type { LoadSample } from '../load/workload.js'
import { Recorder } from '../measure/recorder.js'
import { assembleResult } from './assemble.js'
import { queryCeiling } from './ceiling.js'
import { fill, type Filled } from './collection.js'
import { connect, type Connected } from './connect.js'
import type { QueryRequest, QueryResponse } from './engine.js'
import type { Findings, MeasuredLevel } from './findings.js'
import { batchSize } from './ingest.js'
import {
  closedLevel,
  levelsOf,
  nameOf,
  openLevel,
  type LevelPlan,
  type LevelRepeat,
} from './levels.js'
import { mergeQueries, type QueryFigures } from './live-queries.js'
import type { LevelSample, VectorConfig, VectorEvent } from './plan.js'
import { prepareData, type Prepared } from './prepare.js'
import type { Protocols } from './engine.js'
import { recordsOf } from './records.js'
import { failureOf, refused, stoppedEarly, type Where } from './refusal.js'
import { shareQueries } from './remote.js'
import type { VectorResult } from './result.js'
import { attemptOf } from './search.js'
import type { Measurement } from './summary.js'
import type { QueryTally } from './tally.js'
import { QueryWorkload } from './workload.js'

export interface RunOptions {
  config: VectorConfig
  emit(event: VectorEvent): void
  signal: AbortSignal
  /** The worker's own program, started again as the null server and as further workers; absent where neither is wanted. */
  program?: string
}

type QuerySample = LoadSample & QueryFigures

/**
 * The whole benchmark, led by this worker: data, truth, collection, ingest, levels interleaved over the repeats or the search for the
 * highest rate, clean-up. Writes plan.json, requests.ndjson, series.ndjson and result.json. Interrupted, it ends with what was measured,
 * marked as not complete.
 * @throws UnreachableError, after result.json was written, when the server was lost on the way
 */
export async function runVectorBench(
  options: RunOptions,
  protocols: Protocols,
): Promise<VectorResult> {
  const { config, emit, program } = options
  const { runDir, plan } = config
  const [startedAt, originMs] = [new Date(), performance.now()]
  await writeJson(join(runDir, 'plan.json'), plan)
  const broken = brokenBy(options.signal)
  const { signal } = broken
  // Who is not there, or takes nobody in, is found before the data and its truth are made.
  const access = await accessOf(config)
  const connected = await connect(config, access, protocols)
  try {
    const limits = await reach(connected)
    const prepared = await prepareData(config, emit, signal).catch((error: unknown) => {
      throw signal.aborted ? stoppedEarly(options.signal) : error
    })
    const { dim } = prepared.dataset
    const { protocol } = connected
    const ceilingPerSecond = await queryCeiling(protocol, config, dim, { program, signal })
    const batch = batchSize(plan.batch, dim, limits)
    const run = new Run({ ...options, signal }, connected, prepared, {
      startedAt,
      originMs,
      batch,
      ceilingPerSecond,
      access,
      lost: (error) => broken.abort(error),
    })
    return await run.all()
  } finally {
    connected.engine.close()
  }
}

/** What is known before anything is measured. */
interface Given {
  startedAt: Date
  /** The start of the run, of `performance.now()`. */
  originMs: number
  batch: number
  ceilingPerSecond: number | null
  access: OpenedAccess
  /** A further worker is gone. */
  lost(error: Error): void
}

type Measured = Pick<Findings, 'levels' | 'search'>

/** From the collection on. */
class Run {
  readonly #options: RunOptions
  readonly #connected: Connected
  readonly #prepared: Prepared
  readonly #given: Given
  readonly #workload: QueryWorkload
  readonly #leader: Worker<QueryRequest, QueryResponse, LevelRepeat, QueryTally>
  readonly #series: Recorder
  readonly #board: SampleBoard<QuerySample>
  #conductor!: Conductor<LevelRepeat, QueryTally>
  #filled!: Filled
  /** For the samples. */
  #now: Omit<LevelSample, keyof QuerySample> | null = null

  constructor(options: RunOptions, connected: Connected, prepared: Prepared, given: Given) {
    this.#options = options
    this.#connected = connected
    this.#prepared = prepared
    this.#given = given
    const { config, signal, emit } = options
    const { runDir, plan } = config
    this.#series = new Recorder(join(runDir, 'series.ndjson'))
    this.#board = new SampleBoard<QuerySample>(mergeQueries, (sample) => {
      const level: LevelSample = { ...sample, ...this.#now! }
      emit(level)
      void this.#series.write([level]).catch(() => undefined)
    })
    this.#workload = new QueryWorkload(connected.engine, plan)
    this.#leader = new Worker({
      workload: this.#workload,
      runDir,
      shard: { index: 0, of: plan.clients },
      emit: (sample) => this.#now && this.#board.own(sample),
      signal,
      ...tellsOf(config, emit),
    })
  }

  async all(): Promise<VectorResult> {
    const { config, signal } = this.#options
    const { engine, where } = this.#connected
    try {
      await this.#fill()
      const measured = await this.#measure()
      const result = this.#assemble(measured, !signal.aborted && !this.#conductor.isLost)
      const { size: workers } = this.#conductor.coordinator
      const { runDir } = config
      await keepRecords(runDir, { leader: this.#leader, series: this.#series, workers, result })
      if (signal.reason instanceof AibenchError) throw signal.reason
      if (this.#conductor.isLost) throw serverLost(where, result)
      return result
    } finally {
      if (!config.plan.keepCollection) await engine.drop().catch(() => undefined)
    }
  }

  async #fill(): Promise<void> {
    const { config, emit, signal } = this.#options
    const { dataset } = this.#prepared
    const { batch, originMs } = this.#given
    const filling = { ...this.#connected, config, dataset, batch, emit, signal }
    const keep = (record: object) => this.#leader.keep(record)
    this.#filled = await fill(filling, keep, originMs).catch(async (error: unknown) => {
      await this.#leader.close()
      throw error
    })
    this.#workload.encode(dataset.queries, dataset.dim)
  }

  async #measure(): Promise<Measured> {
    const { config, signal } = this.#options
    const { access } = this.#given
    const others = signal.aborted ? [] : await this.#furtherWorkers()
    const coordinator = new Coordinator(this.#leader, others, signal, LONGEST_QUERY_MS)
    const beside = new BesideServer({ ...config, gpuIds: [] }, access.http)
    this.#conductor = new Conductor(coordinator, beside)
    try {
      return await (config.plan.findMaxRate ? this.#search() : this.#levels())
    } finally {
      await this.#conductor.end()
    }
  }

  async #furtherWorkers(): Promise<RemoteWorkerProcess<LevelRepeat>[]> {
    const { config, emit, program } = this.#options
    const { clients } = config.plan
    if (clients === 1) return []
    const context = await shareQueries(config, this.#prepared.dataset, this.#filled.collection)
    const common = { of: config.kind, config, context }
    try {
      return await furtherWorkers<LevelRepeat, QuerySample, VectorConfig>(
        ...[clients, common, program, emit],
        {
          sample: (one, index) => this.#board.other(index, one),
          growth: emit,
          lost: this.#given.lost,
        },
      )
    } finally {
      await removeTree(context.queriesFile)
    }
  }

  /** Every level in every repeat, interleaved. */
  async #levels(): Promise<Measured> {
    const { plan } = this.#options.config
    const levels = levelsOf(plan).map((level) => ({
      plan: level,
      measurements: [] as Measurement[],
    }))
    const of = levels.length * plan.repeats
    this.#board.expect(of)
    for (let repeat = 0; repeat < plan.repeats; repeat++)
      for (const [index, { plan: level, measurements }] of levels.entries()) {
        if (this.#isOver) break
        const nth = repeat * levels.length + index + 1
        measurements.push(await this.#level(level, repeat, nth, of))
      }
    return { levels, search: null }
  }

  /** What is shown is the level at the rate that was found. */
  async #search(): Promise<Measured> {
    const { slo, ratePerSecond } = this.#options.config.plan
    const sequential: MeasuredLevel = {
      plan: closedLevel(1),
      measurements: this.#isOver ? [] : [await this.#level(closedLevel(1), 0, 1, null)],
    }
    const tried = new Map<VectorResult, MeasuredLevel>()
    const attempt = async (rate: number) => {
      const level = openLevel(rate)
      const measurement = await this.#level(level, tried.size, tried.size + 2, null)
      const step = { plan: level, measurements: [measurement] }
      const result = this.#assemble({ levels: [sequential, step], search: null }, true)
      tried.set(result, step)
      return attemptOf(result, measurement.outcome, slo)
    }
    const first = ratePerSecond ?? this.#rateOf(sequential)
    const { best, last, boundBy, steps } = await findMaxRate(first, attempt, () => this.#isOver)
    const shown = best ?? last
    return {
      levels: [sequential, ...(shown ? [tried.get(shown.result)!] : [])],
      search: { maxRatePerSecond: best?.ratePerSecond ?? null, boundBy, steps },
    }
  }

  /** One query after the other: a rate that most servers can hold. */
  #rateOf({ measurements: [one] }: MeasuredLevel): number {
    if (!one) return 1
    const { table, wallMs } = one.outcome
    return Math.max(1, (table.count / Math.max(1, wallMs)) * 1000)
  }

  async #level(
    level: LevelPlan,
    repeat: number,
    nth: number,
    of: number | null,
  ): Promise<Measurement> {
    const { config, emit } = this.#options
    const { repeats } = config.plan
    const one: LevelRepeat = { level, repeat, isWarmUp: false }
    const name = nameOf(one, config.plan)
    const { concurrency, ratePerSecond } = level
    this.#board.repeatBegins()
    return phase(
      emit,
      'level',
      async () => {
        if (level.mode === 'closed')
          await this.#conductor.coordinator.warmUp({ ...one, isWarmUp: true })
        this.#now = {
          ...{ phase: 'level', concurrency, ratePerSecond, repeat: repeat + 1, repeats },
          ...{ level: nth, levels: of },
        }
        const outcome = await this.#conductor.measure(one)
        this.#now = null
        outcome.tally.judge(this.#prepared.judge)
        for (const record of recordsOf(outcome, one, outcome.startMs - this.#given.originMs))
          this.#leader.keep(record)
        const { table, wallMs } = outcome
        const ok = table.values((row) => (table.isOk(row) ? 1 : NaN)).length
        const rate = formatNumber((ok / Math.max(1, wallMs)) * 1000)
        const failed = table.count - ok
        const errors = failed > 0 ? `, ${formatCount(failed)} errors` : ''
        const usage = this.#conductor.usageOf([outcome])
        return [{ outcome, usage }, `${name} · ${rate} q/s${errors}`]
      },
      name,
    )
  }

  #assemble({ levels, search }: Measured, complete: boolean): VectorResult {
    const { startedAt, batch, ceilingPerSecond } = this.#given
    const { dataset, notes } = this.#prepared
    const { createMs, ingests } = this.#filled
    const outcomes = levels.flatMap(({ measurements }) => measurements.map((one) => one.outcome))
    const usage = this.#conductor.usageOf(outcomes)
    return assembleResult(this.#options.config, {
      ...{ startedAt, dataset, batch, createMs, ingests, levels, search },
      ...{ ceilingPerSecond, usage, notes, complete },
    })
  }

  get #isOver(): boolean {
    return this.#options.signal.aborted || this.#conductor.isLost
  }
}

/** So much later than ours another worker may have its last answer. */
const LONGEST_QUERY_MS = 60_000

function serverLost({ url, next }: Where, { errors }: VectorResult): UnreachableError {
  return new UnreachableError(`The server at ${url} stopped answering in mid-benchmark`, {
    code: 'AIB_SERVER_LOST',
    evidence: errors.map((one) => `${one.class} ${one.count}`).join(' · '),
    hints: next.look(),
  })
}

async function reach({ protocol, engine, where }: Connected) {
  try {
    return await engine.limits()
  } catch (error) {
    const failure = failureOf(error)
    throw (await protocol.explain?.('reach', failure, where)) ?? refused('reach', failure, where)
  }
}
