import { join } from 'node:path'
import { systemClock } from '../../platform/clock.js'
import { AibenchError, UnreachableError } from '../../platform/errors.js'
import { writeJson } from '../../platform/files.js'
import { formatNumber } from '../../platform/units.js'
import { accessOf } from '../http/access.js'
import { BesideServer } from '../load/beside-server.js'
import { Conductor } from '../load/conductor.js'
import { Coordinator } from '../load/coordinator.js'
import { brokenBy, furtherWorkers } from '../load/further-workers.js'
import { tellsOf } from '../load/growth.js'
import { keepRecords } from '../load/keep-records.js'
import { SampleBoard } from '../load/live-merge.js'
import { phase } from '../load/phase.js'
import { findMaxRate } from '../load/search.js'
import { Worker } from '../load/worker.js'
import { Recorder } from '../measure/recorder.js'
import { NextSteps } from '../next-steps.js'
import { assembleInference, type Findings } from './assemble.js'
import { calibrate, type Ceiling } from './calibrate.js'
import { mergeTokens } from './live-tokens.js'
import type { InferenceConfig, InferenceEvent, InferenceSample } from './plan.js'
import { prepareInference, type Prepared } from './prepare.js'
import type { InferenceResult } from './result.js'
import { WARM_UP, workersOf, type Repeat } from './schedule.js'
import { attemptOf } from './search-step.js'
import { NOT_CHECKED, ServerWatcher } from './server-check.js'
import { rolesOf } from './server-roles.js'
import { clientCountOf } from './summary.js'
import type { InferenceOutcome, InferenceTally } from './tally.js'

export interface RunOptions {
  config: InferenceConfig
  emit(event: InferenceEvent): void
  signal: AbortSignal
  /** The worker's own program, started again as the null server and as further workers; absent where neither is wanted. */
  program?: string
}

/**
 * The whole benchmark, led by this worker: what the server is and understands, warm-up, the repeats, what the server says of them, the
 * judgement. Writes plan.json, requests.ndjson, series.ndjson and result.json. Interrupted, it ends with what was measured.
 * @throws UnreachableError, after result.json was written, when the server was lost on the way
 */
export async function runInferenceBench(options: RunOptions): Promise<InferenceResult> {
  const { config, emit } = options
  const { runDir, plan, url } = config
  await writeJson(join(runDir, 'plan.json'), plan)
  const startedAt = new Date()
  const broken = brokenBy(options.signal)
  const { signal } = broken
  const series = new Recorder(join(runDir, 'series.ndjson'))
  const board = new SampleBoard<InferenceSample>(mergeTokens, (sample) => {
    emit(sample)
    void series.write([sample]).catch(() => undefined)
  })
  const access = await accessOf(config)
  const prepared = await prepareInference(config, access, emit, signal)
  const shard = { index: 0, of: workersOf(plan) }
  const { workload } = prepared
  const leader = new Worker({
    workload,
    runDir,
    shard,
    emit: (one) => board.own(one),
    signal,
    ...tellsOf(config, emit),
  })
  const others = await furtherWorkers<Repeat, InferenceSample, InferenceConfig>(
    shard.of,
    { of: config.kind, config, context: prepared.server },
    options.program,
    emit,
    {
      sample: (sample, index) => board.other(index, sample),
      growth: emit,
      lost: (error) => broken.abort(error),
    },
  )
  const coordinator = new Coordinator(leader, others, signal, plan.timeouts.totalMs)
  const conductor = new Conductor(coordinator, new BesideServer(config, access.http, rolesOf))
  const watcher = new ServerWatcher(access.http, systemClock, url, {})
  const run = new Run(options, prepared, { startedAt, signal, board, conductor, watcher })
  let repeats: Repeats
  try {
    repeats = await run.all()
  } finally {
    await conductor.end()
  }
  const result = await run.result(repeats)
  await keepRecords(runDir, { leader, series, workers: coordinator.size, result })
  const { reason } = signal as { reason: unknown }
  if (reason instanceof AibenchError) throw reason
  if (conductor.isLost) throw serverLost(url, result, new NextSteps(config))
  return result
}

type Repeats = Pick<Findings, 'main' | 'baseline' | 'search' | 'check'>

/** What a run is conducted with. */
interface Means {
  startedAt: Date
  /** Of the caller, or that a worker is lost. */
  signal: AbortSignal
  board: SampleBoard<InferenceSample>
  conductor: Conductor<Repeat, InferenceTally>
  watcher: ServerWatcher
}

/** Everything that is measured, once all is prepared. */
class Run {
  readonly #options: RunOptions
  readonly #prepared: Prepared
  readonly #means: Means
  #ceiling: Ceiling | null = null

  constructor(options: RunOptions, prepared: Prepared, means: Means) {
    this.#options = options
    this.#prepared = prepared
    this.#means = means
  }

  async all(): Promise<Repeats> {
    const { findMaxRate: isSearch } = this.#options.config.plan
    await this.#means.conductor.beside.open()
    // Steps of a search are judged at once; else nobody has to wait for it before the first request.
    if (isSearch) this.#ceiling = await this.#calibrate()
    await this.#warmUp()
    return isSearch ? this.#search() : this.#watched(() => this.#repeats())
  }

  async result(repeats: Repeats): Promise<InferenceResult> {
    const { signal, conductor } = this.#means
    const check = signal.aborted ? { ...repeats.check, ...CUT_OFF } : repeats.check
    const complete = !signal.aborted && !conductor.isLost
    if (complete) this.#ceiling ??= await this.#calibrate()
    return this.#assemble({ ...repeats, check }, complete)
  }

  async #calibrate(): Promise<Ceiling | null> {
    const { program, emit } = this.#options
    if (!program) return null
    return phase(emit, 'calibrate', async () => {
      const found = await calibrate(program)
      const perCore = formatNumber(found.eventsPerCpuSecond / 1000)
      return [found, `client ceiling ${perCore} k events/s per core`]
    })
  }

  async #warmUp(): Promise<void> {
    const { requests, durationMs } = this.#options.config.plan.warmup
    if (requests === 0 && durationMs === null) return
    await phase(this.#options.emit, 'warm-up', async () => {
      await this.#means.conductor.coordinator.warmUp(WARM_UP)
      return [undefined, 'not measured']
    })
  }

  async #repeats() {
    const { plan } = this.#options.config
    const main: InferenceOutcome[] = []
    const baseline: InferenceOutcome[] = []
    const isPaired = plan.pairedBaseline && this.#prepared.structured !== null
    this.#means.board.expect(plan.repeats * (isPaired ? 2 : 1))
    for (let repeat = 0; repeat < plan.repeats && !this.#isOver; repeat++) {
      main.push(await this.#repeat({ repeat, variant: 'main' }))
      if (isPaired && !this.#isOver)
        baseline.push(await this.#repeat({ repeat, variant: 'baseline' }))
    }
    return { main, baseline, search: null }
  }

  /** What is shown is the step at the rate that was found: its figures, what the server says of it, what it used. */
  async #search(): Promise<Repeats> {
    const { load, slo } = this.#options.config.plan
    const tried = new Map<InferenceResult, Repeats>()
    const attempt = async (ratePerSecond: number) => {
      const repeat: Repeat = { repeat: tried.size, variant: 'main', ratePerSecond }
      const step = await this.#watched(async () => ({
        main: [await this.#repeat(repeat)],
        baseline: [],
        search: null,
      }))
      const result = this.#assemble(step, true)
      tried.set(result, step)
      return attemptOf(result, step.main[0], slo)
    }
    const first = load.kind === 'rate' ? load.ratePerSecond : 1
    const found = await findMaxRate(first, attempt, () => this.#isOver)
    const { best, boundBy, steps } = found
    const shown = best ?? found.last
    const none: Repeats = { main: [], baseline: [], search: null, check: NOT_CHECKED }
    return {
      ...(shown ? tried.get(shown.result)! : none),
      search: { maxRatePerSecond: best?.ratePerSecond ?? null, boundBy, steps },
    }
  }

  /** With what the server says of the same span. */
  async #watched(work: () => Promise<Omit<Repeats, 'check'>>): Promise<Repeats> {
    const { watcher } = this.#means
    await watcher.begin()
    const repeats = await work()
    const { kind } = this.#options.config.plan.dataset
    const isShared = ['prefix', 'multi-turn', 'trace'].includes(kind)
    const count = clientCountOf([...repeats.main, ...repeats.baseline])
    return { ...repeats, check: await watcher.end(count, isShared) }
  }

  async #repeat(repeat: Repeat): Promise<InferenceOutcome> {
    const { variant, ratePerSecond } = repeat
    const rate = ratePerSecond === undefined ? '' : `${ratePerSecond.toPrecision(3)}/s · `
    this.#means.board.repeatBegins()
    const name = variant === 'baseline' ? 'baseline' : 'requests'
    return phase(this.#options.emit, name, async () => {
      const outcome = await this.#means.conductor.measure(repeat)
      const { table, wallMs } = outcome
      const failed = table.values((row) => (table.isOk(row) ? NaN : 1)).length
      const text = `${rate}${table.count} done in ${(wallMs / 1000).toFixed(1)} s`
      return [outcome, failed > 0 ? `${text}, ${failed} failed` : text]
    })
  }

  #assemble(repeats: Repeats, complete: boolean): InferenceResult {
    const { startedAt, conductor } = this.#means
    const { server, structured, workload } = this.#prepared
    return assembleInference(this.#options.config, {
      ...repeats,
      startedAt,
      server,
      structured,
      dataset: workload.dataset,
      ceiling: this.#ceiling,
      usage: conductor.usageOf([...repeats.main, ...repeats.baseline]),
      complete,
    })
  }

  get #isOver(): boolean {
    return this.#means.signal.aborted || this.#means.conductor.isLost
  }
}

/** What was in flight when the run was stopped the server has counted, in part, and the client has not. */
const CUT_OFF = { verdict: 'unknown', findings: [] as string[] } as const

function serverLost(url: string, { errors }: InferenceResult, next: NextSteps): UnreachableError {
  return new UnreachableError(`The server at ${url} stopped answering in mid-benchmark`, {
    code: 'AIB_SERVER_LOST',
    evidence: errors.map((one) => `${one.class} ${one.count}`).join(' · '),
    hints: next.look(),
  })
}
