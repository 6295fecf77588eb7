import { join } from 'node:path'
import { systemClock } from '../../platform/clock.js'
import { AibenchError, UnreachableError } from '../../platform/errors.js'
import { formatNumber } from '../../platform/units.js'
import { writeJson } from '../../platform/files.js'
import { accessOf, type OpenedAccess } from '../http/access.js'
import { Recorder } from '../measure/recorder.js'
import { assembleInference, type Findings } from './assemble.js'
import { calibrate, type Ceiling } from './calibrate.js'
import { BesideServer } from './beside-server.js'
import { Worker, type WorkerOutcome } from './worker.js'
import { startRemoteWorkers, type RemoteWorker } from './remote-worker-process.js'
import { modelOf, versionOf, type Server } from './models.js'
import { NextSteps } from '../next-steps.js'
import type { InferenceEvent, InferenceConfig } from './plan.js'
import { timeoutsOf } from './openai.js'
import { apiFeaturesOf, type ServerInfo } from './preflight.js'
import { ALL_FEATURES } from './request-writer.js'
import type { InferenceResult } from './result.js'
import { SampleBoard } from './live-merge.js'
import { afterRepeats, workersOf, type Repeat } from './schedule.js'
import { findMaxRate } from './search.js'
import { keepRecords } from './keep-records.js'
import { NOT_CHECKED, ServerWatcher } from './server-check.js'
import { probeStructured } from './structured-probe.js'
import { clientCountOf } from './summary.js'
import { largestUsage, type RepeatUsage, type WorkersUsage } from './workers-usage.js'
import { joined, Coordinator } from './coordinator.js'

export interface RunOptions {
  order: InferenceConfig
  emit(event: InferenceEvent): void
  signal: AbortSignal
  /** The worker's own program, started again as the null server and as further workers; absent where neither is wanted. */
  program?: string
}

/**
 * The whole benchmark, led by this worker: what the server is and understands, warm-up, the passes, what the server says of them, the
 * judgement. Writes plan.json, requests.ndjson, series.ndjson and result.json. Interrupted, it ends with what was measured.
 * @throws UnreachableError, after result.json was written, when the server was lost on the way
 */
export async function runInferenceBench(options: RunOptions): Promise<InferenceResult> {
  await writeJson(join(options.order.runDir, 'plan.json'), options.order.plan)
  return new Lead(options).run()
}

class Lead {
  readonly #options: RunOptions
  /** The caller has had enough, or a worker is lost, and then with the reason. */
  readonly #broken = new AbortController()
  readonly #series: Recorder
  readonly #board: SampleBoard
  /** Of every pass that was made, those of a search too: all that the server has counted. */
  readonly #outcomes: WorkerOutcome[] = []
  /** Of each pass. */
  readonly #usages = new Map<WorkerOutcome, readonly RepeatUsage[]>()
  #beside: BesideServer | null = null
  #team = { workers: 1, clockOffsetMs: null as number | null }

  constructor(options: RunOptions) {
    const stop = () => this.#broken.abort()
    options.signal.addEventListener('abort', stop, { once: true })
    if (options.signal.aborted) stop()
    this.#options = { ...options, signal: this.#broken.signal }
    this.#series = new Recorder(join(options.order.runDir, 'series.ndjson'))
    this.#board = new SampleBoard((sample) => {
      options.emit(sample)
      void this.#series.write([sample]).catch(() => undefined)
    })
  }

  async run(): Promise<InferenceResult> {
    const { order, signal } = this.#options
    const startedAt = new Date()
    const access = await accessOf(order)
    const next = new NextSteps('vllm', order)
    const server = { http: access.http, url: order.url, token: null, model: order.model, next }
    const { facts, crew, structured } = await this.#prepare(server, access)
    const { totalMs } = order.plan.timeouts
    const team = new Coordinator(crew, await this.#followers(facts), signal, totalMs)
    this.#team = { workers: team.size, clockOffsetMs: team.clockOffsetMs }
    const watcher = new ServerWatcher(access.http, systemClock, order.url, {})
    let passes: Passes
    const base: Base = { startedAt, facts, structured, ceiling: null, dataset: crew.dataset }
    this.#beside = new BesideServer(order, access.http)
    try {
      this.#beside.open()
      // Steps of a search are judged at once; else nobody has to wait for it before the first request.
      if (order.plan.findMaxRate) base.ceiling = await this.#calibrate()
      await this.#warmUp(team)
      passes = order.plan.findMaxRate
        ? await this.#search(team, base, watcher)
        : await this.#watched(watcher, () => this.#passes(team, base))
    } finally {
      this.#beside.close()
      await team.end()
    }
    const check = signal.aborted ? { ...passes.check, ...CUT_OFF } : passes.check
    const isLost = this.#outcomes.some((outcome) => outcome.isLost)
    if (!signal.aborted && !isLost) base.ceiling ??= await this.#calibrate()
    const result = assembleInference(order, {
      ...{ ...base, ...passes, check },
      usage: this.#usageOf([...passes.main, ...passes.baseline]),
      complete: !signal.aborted && !isLost,
    })
    await keepRecords(order, { crew, series: this.#series, workers: team.size, result })
    const { reason } = this.#broken.signal as { reason: unknown }
    if (reason instanceof AibenchError) throw reason
    if (isLost) throw serverLost(order.url, result, next)
    return result
  }

  async #calibrate(): Promise<Ceiling | null> {
    const { program } = this.#options
    if (!program) return null
    return this.#phase('calibrate', async () => {
      const found = await calibrate(program)
      return [
        found,
        `client ceiling ${formatNumber(found.eventsPerCpuSecond / 1000)} k events/s per core`,
      ]
    })
  }

  async #prepare(server: Server, access: OpenedAccess) {
    const { order, signal } = this.#options
    const { plan } = order
    const { facts, listed } = await this.#phase('server', async () => {
      const { model, maxModelLen, listed } = await modelOf(server)
      const version = await versionOf(server)
      const found: ServerInfo = {
        ...{ model, maxModelLen, version, salt: plan.salt ?? order.runId },
        dialect: { ...ALL_FEATURES },
        trouble: null,
      }
      return [{ facts: found, listed }, `${model}${version ? ` · vLLM ${version}` : ''}`]
    })
    const crew = await this.#phase('dataset', async () => {
      const own = await Worker.assemble({
        ...{ order, facts, signal, access },
        share: { index: 0, of: workersOf(plan) },
        emit: (sample) => this.#board.own(sample),
      })
      return [own, `${own.dataset.name} · sha256 ${own.dataset.hash.slice(0, 8)}…`]
    })
    const seen = await apiFeaturesOf(
      crew.writer.options,
      crew.dataset.item(afterRepeats(plan) + plan.numPrompts),
      { timeouts: timeoutsOf(plan.timeouts), signal },
      { listed, next: server.next },
    )
    // The dialect is that of the writer too: one object.
    Object.assign(facts.dialect, seen.dialect)
    facts.trouble = seen.trouble
    const structured = await probeStructured(crew, plan, facts.version, signal)
    return { facts, crew, structured }
  }

  async #followers(facts: ServerInfo): Promise<RemoteWorker[]> {
    const { order, program } = this.#options
    const clients = workersOf(order.plan)
    if (clients === 1) return []
    return this.#phase('workers', async () => {
      const all = await startRemoteWorkers(order, facts, program!, {
        sample: (sample, index) => this.#board.other(index, sample),
        lost: (error) => this.#broken.abort(error),
      })
      return [all, `${clients}, started together`]
    })
  }

  async #warmUp(team: Coordinator): Promise<void> {
    const { plan } = this.#options.order
    if (plan.warmup.requests === 0 && plan.warmup.durationMs === null) return
    await this.#phase('warm-up', async () => {
      await team.warmUp()
      return [undefined, 'not measured']
    })
  }

  async #passes(team: Coordinator, base: Base) {
    const { plan } = this.#options.order
    const [main, baseline]: [WorkerOutcome[], WorkerOutcome[]] = [[], []]
    const isPaired = plan.pairedBaseline && base.structured !== null
    this.#board.expect(plan.repeats * (isPaired ? 2 : 1))
    for (let repeat = 0; repeat < plan.repeats && !this.#isOver; repeat++) {
      main.push(await this.#pass(team, { repeat, variant: 'main' }))
      if (isPaired && !this.#isOver)
        baseline.push(await this.#pass(team, { repeat, variant: 'baseline' }))
    }
    return { main, baseline, search: null }
  }

  /** What is shown is the step at the rate that was found: its figures, what the server says of it, what it used. */
  async #search(team: Coordinator, base: Base, watcher: ServerWatcher): Promise<Passes> {
    const { order } = this.#options
    const { load, slo } = order.plan
    const tried = new Map<InferenceResult, Passes>()
    const attempt = async (ratePerSecond: number) => {
      const pass: Repeat = { repeat: tried.size, variant: 'main', ratePerSecond }
      const step = await this.#watched(watcher, async () => ({
        ...{ main: [await this.#pass(team, pass)], baseline: [], search: null },
      }))
      const usage = this.#usageOf(step.main)
      const result = assembleInference(order, { ...base, ...step, usage, complete: true })
      tried.set(result, step)
      const [{ table, wallMs }] = step.main
      const scheduledMs = table.values((row) => table.get(row, 'dueMs')).reduce(larger, 0)
      return { result, wallMs, scheduledMs }
    }
    const first = load.kind === 'rate' ? load.ratePerSecond : 1
    const { best, last, boundBy, steps } = await findMaxRate(
      ...[first, slo, attempt],
      () => this.#isOver,
    )
    const shown = best ?? last
    const none: Passes = { main: [], baseline: [], search: null, check: NOT_CHECKED }
    return {
      ...(shown ? tried.get(shown.result)! : none),
      search: { maxRatePerSecond: best?.ratePerSecond ?? null, boundBy, steps },
    }
  }

  /** With what the server says of the same span. */
  async #watched(
    watcher: ServerWatcher,
    work: () => Promise<Omit<Passes, 'check'>>,
  ): Promise<Passes> {
    await watcher.begin()
    const passes = await work()
    const { kind } = this.#options.order.plan.dataset
    const isShared = ['prefix', 'multi-turn', 'trace'].includes(kind)
    const count = clientCountOf([...passes.main, ...passes.baseline])
    return { ...passes, check: await watcher.end(count, isShared) }
  }

  async #pass(team: Coordinator, pass: Repeat): Promise<WorkerOutcome> {
    const rate = pass.ratePerSecond === undefined ? '' : `${pass.ratePerSecond.toPrecision(3)}/s · `
    this.#board.passBegins()
    return this.#phase(pass.variant === 'baseline' ? 'baseline' : 'requests', async () => {
      const begin = await team.prepare(pass)
      const measured = await this.#beside!.begin()
      const { own, others } = await begin()
      const usages = [await measured(), ...others.map(({ usage }) => usage)]
      const outcome = joined(own, others)
      this.#usages.set(outcome, usages)
      this.#outcomes.push(outcome)
      const failed = outcome.table.values((row) => (outcome.table.isOk(row) ? NaN : 1)).length
      const text = `${rate}${outcome.table.count} done in ${(outcome.wallMs / 1000).toFixed(1)} s`
      return [outcome, failed > 0 ? `${text}, ${failed} failed` : text]
    })
  }

  #usageOf(outcomes: readonly WorkerOutcome[]): WorkersUsage {
    return largestUsage(
      outcomes.flatMap((outcome) => this.#usages.get(outcome) ?? []),
      this.#team,
    )
  }

  get #isOver(): boolean {
    return this.#options.signal.aborted || this.#outcomes.some(({ isLost }) => isLost)
  }

  async #phase<T>(name: string, work: () => Promise<[T, string]>): Promise<T> {
    const { emit } = this.#options
    const startMs = performance.now()
    emit({ type: 'phase', phase: name, text: '' })
    const [value, text] = await work()
    emit({ type: 'phase-done', phase: name, text, ms: performance.now() - startMs })
    return value
  }
}

/** What was in flight when the run was stopped the server has counted, in part, and the client has not. */
const CUT_OFF = { verdict: 'unknown', findings: [] as string[] } as const

const larger = (a: number, b: number) => Math.max(a, b)

type Passes = Pick<Findings, 'main' | 'baseline' | 'search' | 'check'>
type Base = Pick<Findings, 'startedAt' | 'facts' | 'structured' | 'ceiling' | 'dataset'>

function serverLost(url: string, { errors }: InferenceResult, next: NextSteps): UnreachableError {
  return new UnreachableError(`The server at ${url} stopped answering in mid-benchmark`, {
    code: 'AIB_SERVER_LOST',
    evidence: errors.map((one) => `${one.class} ${one.count}`).join(' · '),
    hints: next.look(),
  })
}
