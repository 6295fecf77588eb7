import { join } from 'node:path'
import type { OpenedAccess } from '../http/access.js'
import { ConnectionPool } from '../http/connection-pool.js'
import { Recorder } from '../measure/recorder.js'
import { loadInferenceDataset } from './datasets/load.js'
import type { Constraint, InferenceDataset } from './item.js'
import { LiveCounters } from './live-counters.js'
import { liveStream } from './live-counters.js'
import { OPENAI, timeoutsOf } from './openai.js'
import { prepareRepeat, type Shard } from './repeat.js'
import type { RepeatOutcome } from './repeat-outcome.js'
import type { InferenceConfig, InferencePlan, InferenceSample } from './plan.js'
import type { ServerInfo } from './preflight.js'
import { figures, VALIDITY, type RequestTable } from './request-table.js'
import { RequestWriter } from './request-writer.js'
import { afterRepeats, promptsOf, scheduleOf, type Repeat } from './schedule.js'
import { requestFields } from './structured/request-fields.js'
import { Scoring, type InvalidAnswer } from './structured/scoring.js'

export interface WorkerOptions {
  order: InferenceConfig
  access: OpenedAccess
  facts: ServerInfo
  share: Shard
  emit(sample: InferenceSample): void
  signal: AbortSignal
}

export interface WorkerOutcome extends RepeatOutcome {
  invalid: InvalidAnswer[]
  connections: { opened: number; reused: number; resent: number; connectMs: number[] }
}

/** Begins what was prepared, at a point of `performance.now()`. */
export type Begin = (startMs: number) => Promise<WorkerOutcome>

/** A row is written with others: a call for each would cost more than the row. */
const ROWS_AT_ONCE = 256
/** What is lost of the records when this process is killed. */
const FLUSH_MS = 1_000
const MOST_WARM_CONNECTIONS = 1_024

/** One worker's part of a run: its dataset, its records, and the passes that it is told to make. */
export class Worker {
  readonly #options: WorkerOptions
  readonly #recorder: Recorder
  readonly #flusher: NodeJS.Timeout
  #rows: object[] = []
  #recording: Promise<void> = Promise.resolve()

  private constructor(
    options: WorkerOptions,
    readonly dataset: InferenceDataset,
    /** The same for passes without constraints. */
    readonly baseline: InferenceDataset,
    readonly writer: RequestWriter,
  ) {
    this.#options = options
    this.#recorder = new Recorder(recordsPath(options.order, options.share))
    this.#flusher = setInterval(() => this.#flush(), FLUSH_MS).unref()
  }

  static async assemble(options: WorkerOptions): Promise<Worker> {
    const { order, facts, access } = options
    const { plan, url, runId } = order
    const load = (salt: string) =>
      loadInferenceDataset(plan.dataset, {
        ...{ seed: plan.seed, salt, endpoint: plan.endpoint, numPrompts: plan.numPrompts },
      })
    const dataset = await load(facts.salt)
    // With the same salt it would find the prompts of the other passes in the server's cache.
    const baseline =
      plan.pairedBaseline && facts.salt !== '' ? await load(`~${facts.salt.slice(1)}`) : dataset
    const { model, dialect, version } = facts
    const { endpoint, temperature, extraBody } = plan
    const { headers, trust } = access
    const writer = new RequestWriter({
      ...{ url: new URL(url), headers, trust, extraBody },
      ...{ endpoint, model, temperature, dialect, runId },
      constraintFields: (constraint: Constraint) =>
        requestFields(constraint, { version, endpoint }).body,
    })
    return new Worker(options, dataset, baseline, writer)
  }

  /** Not measured, not recorded; its prompts are those of no pass. */
  async prepareWarmUp(): Promise<Begin> {
    const { plan } = this.#options.order
    const { requests, durationMs } = plan.warmup
    const concurrency = plan.load.kind === 'concurrency' ? plan.load.concurrency : 4
    const rate = plan.load.kind === 'rate' && durationMs !== null
    const schedule = rate
      ? scheduleOf({ ...plan, numPrompts: 1e9, durationMs }, this.dataset, WARM_UP)
      : {
          ...{ dueMs: null, concurrency, maxInFlight: null, durationMs },
          count: durationMs === null ? requests : 1e9,
        }
    const firstItem = afterRepeats(plan)
    return this.#prepare(WARM_UP, schedule, firstItem, false)
  }

  /** Has requests and connections ready, so that the first is on time. */
  async prepare(pass: Repeat): Promise<Begin> {
    const { plan } = this.#options.order
    const schedule = scheduleOf(plan, this.dataset, pass)
    return this.#prepare(pass, schedule, pass.repeat * promptsOf(plan), true)
  }

  /** @throws what the file system said while records were written */
  async close(): Promise<void> {
    clearInterval(this.#flusher)
    this.#flush()
    await this.#recording
    await this.#recorder.close()
  }

  async #prepare(
    pass: Repeat,
    schedule: ReturnType<typeof scheduleOf>,
    firstItem: number,
    isMeasured: boolean,
  ): Promise<Begin> {
    const { order, share, emit, signal, access } = this.#options
    const connections = new ConnectionPool({
      url: new URL(order.url),
      protocol: OPENAI,
      timeouts: timeoutsOf(order.plan.timeouts),
      trust: access.trust,
    })
    const scoring = new Scoring()
    const { dueMs, count, durationMs } = schedule
    const live = new LiveCounters({
      name: nameOf(pass, order.plan, isMeasured),
      shape: { dueMs, count, durationMs, workers: share.of },
      isCounted: dueMs !== null || durationMs === null,
      tokensEach: this.dataset.item(firstItem).maxTokens,
      streams: () => [...connections.inFlight()].map(liveStream),
      emit,
    })
    const begin = prepareRepeat({
      ...{ pass, schedule, share, firstItem, connections, signal, live, scoring },
      dataset: pass.variant === 'baseline' ? this.baseline : this.dataset,
      writer: this.writer,
      record: (table, row, words) => {
        if (isMeasured) this.#keep(recordOf(table, row, words, pass, share))
      },
    })
    // Last, for they may not idle.
    await connections.warm(Math.ceil(connectionsFor(schedule) / share.of))
    return async (startMs) => {
      const outcome = await begin(startMs)
      connections.close()
      const { opened, reused, resent, connectMs } = connections
      const { invalid } = scoring
      return { ...outcome, invalid, connections: { opened, reused, resent, connectMs } }
    }
  }

  #keep(record: object): void {
    if (this.#rows.push(record) >= ROWS_AT_ONCE) this.#flush()
  }

  #flush(): void {
    const rows = this.#rows
    if (rows.length === 0) return
    this.#rows = []
    this.#recording = this.#recording.then(() => this.#recorder.write(rows))
    // Thrown by close(); a full disk is not a reason to lose what is measured.
    this.#recording.catch(() => undefined)
  }
}

const WARM_UP: Repeat = { repeat: -1, variant: 'main' }

/** Ready before the start: all of a closed loop or a burst, a few of a rate. */
function connectionsFor(schedule: ReturnType<typeof scheduleOf>): number {
  const { dueMs, concurrency, maxInFlight, count } = schedule
  const atOnce = dueMs ? dueMs.findIndex((at) => at > 1) : concurrency!
  const wanted = Math.max(8, atOnce < 0 ? count : atOnce)
  return Math.min(MOST_WARM_CONNECTIONS, maxInFlight ?? wanted, wanted)
}

function nameOf(pass: Repeat, { repeats }: InferencePlan, isMeasured: boolean): string {
  if (!isMeasured) return 'warm-up'
  return [
    pass.ratePerSecond !== undefined && `${pass.ratePerSecond.toPrecision(3)}/s`,
    repeats > 1 && `repeat ${pass.repeat + 1} of ${repeats}`,
    pass.variant === 'baseline' && 'without constraints',
  ]
    .filter(Boolean)
    .join(', ')
}

export function recordsPath({ runDir }: InferenceConfig, { index }: Shard): string {
  return join(runDir, index === 0 ? 'requests.ndjson' : `requests-${index}.ndjson`)
}

/** As it stands in requests.ndjson: figures that it has not are left out. */
function recordOf(
  table: RequestTable,
  row: number,
  { finish, message }: { finish: string | null; message: string | null },
  { repeat, variant, ratePerSecond }: Repeat,
  { index: worker }: Shard,
): object {
  const get = (name: Parameters<RequestTable['get']>[1]) => orUndefined(table.get(row, name))
  const { ttft, ttfo, tpot, e2e } = figures(table)
  const errorClass = table.get(row, 'errorClass')
  const validity = VALIDITY[table.get(row, 'validity')]
  return {
    ...{ repeat, variant, ratePerSecond, worker, index: get('index') },
    ...{ dueMs: get('dueMs'), sentMs: get('sentMs'), endMs: get('endMs') },
    ttftMs: orUndefined(ttft(row)),
    ttfoMs: orUndefined(ttfo(row)),
    tpotMs: orUndefined(tpot(row)),
    e2eMs: orUndefined(e2e(row)),
    ...{ inputTokens: get('inputTokens'), outputTokens: get('outputTokens') },
    events: get('events'),
    finish: finish ?? undefined,
    error: errorClass < 0 ? undefined : table.classes[errorClass],
    message: message ?? undefined,
    validity: validity === 'none' ? undefined : validity,
  }
}

function orUndefined(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value
}
