import { join } from 'node:path'
import { systemClock } from '../../platform/clock.js'
import { cannotWrite } from '../../platform/cannot-write.js'
import { UnreachableError } from '../../platform/errors.js'
import { appendFiles, dropLastLines, removeTree, writeJson } from '../../platform/files.js'
import { accessOf, type OpenedAccess } from '../access.js'
import { Recorder } from '../recorder.js'
import { assembleInference, type Findings, type TeamUsage } from './assemble.js'
import { calibrate, type Ceiling } from './calibrate.js'
import { Crew, recordsPath, type CrewOutcome } from './crew.js'
import { modelOf, versionOf, type Server } from './models.js'
import { NextSteps } from '../next-steps.js'
import type { InferenceEvent, InferenceOrder } from './plan.js'
import { dialectOf, type Facts } from './preflight.js'
import { FULL_DIALECT } from './request-writer.js'
import type { InferenceResult } from './result.js'
import { SampleBoard } from './sample-board.js'
import { afterPasses, workersOf, type Pass } from './schedule.js'
import { findMaxRate } from './search.js'
import { NOT_CHECKED, ServerWatcher } from './server-check.js'
import { probeStructured } from './structured-probe.js'
import { clientCountOf } from './summary.js'
import { Follower, joined, Team, type FollowerBrief } from './team.js'
import { WorkerMeter } from './worker-meter.js'

export interface RunOptions {
  order: InferenceOrder
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
  readonly #series: Recorder
  readonly #board: SampleBoard
  /** Of every pass that was made, those of a search too: all that the server has counted. */
  readonly #outcomes: CrewOutcome[] = []
  readonly #usage: TeamUsage = {
    ...{ clientCores: 0, loopDelayP99Ms: null, peakRssBytes: 0 },
    ...{ serverCores: null, peakServerBytes: null, workers: 1, clockOffsetMs: null },
  }

  constructor(options: RunOptions) {
    this.#options = options
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
    const team = new Team(crew, await this.#followers(facts), signal)
    Object.assign(this.#usage, { workers: team.size, clockOffsetMs: team.clockOffsetMs })
    const watcher = new ServerWatcher(access.http, systemClock, order.url, {})
    let passes: Pick<Findings, 'main' | 'baseline' | 'search'>
    const base: Base = { startedAt, facts, structured, ceiling: null, dataset: crew.dataset }
    try {
      // Steps of a search are judged at once; else nobody has to wait for it before the first request.
      if (order.plan.findMaxRate) base.ceiling = await this.#calibrate()
      await this.#warmUp(team)
      await watcher.begin()
      passes = order.plan.findMaxRate
        ? await this.#search(team, base)
        : await this.#passes(team, base)
    } finally {
      await team.end()
    }
    const isShared = ['prefix', 'multi-turn', 'trace'].includes(order.plan.dataset.kind)
    const told = await watcher.end(clientCountOf(this.#outcomes), isShared)
    const check = signal.aborted ? { ...told, ...CUT_OFF } : told
    const isLost = this.#outcomes.some((outcome) => outcome.isLost)
    if (!signal.aborted && !isLost) base.ceiling ??= await this.#calibrate()
    const result = assembleInference(order, {
      ...{ ...base, ...passes, check, usage: this.#usage },
      complete: !signal.aborted && !isLost,
    })
    await this.#close(crew, team.size, result)
    if (isLost) throw serverLost(order.url, result, next)
    return result
  }

  async #calibrate(): Promise<Ceiling | null> {
    const { program } = this.#options
    if (!program) return null
    return this.#phase('calibrate', async () => {
      const found = await calibrate(program)
      return [found, `${Math.round(found.eventsPerCpuSecond / 1000)} k events/s a core`]
    })
  }

  async #prepare(server: Server, access: OpenedAccess) {
    const { order, signal } = this.#options
    const { plan } = order
    const { facts, listed } = await this.#phase('server', async () => {
      const { model, maxModelLen, listed } = await modelOf(server)
      const version = await versionOf(server)
      const found: Facts = {
        ...{ model, maxModelLen, version, salt: plan.salt ?? order.runId },
        dialect: { ...FULL_DIALECT },
      }
      return [{ facts: found, listed }, `${model}${version ? ` · vLLM ${version}` : ''}`]
    })
    const crew = await this.#phase('data set', async () => {
      const own = await Crew.assemble({
        ...{ order, facts, signal, access },
        share: { index: 0, of: workersOf(plan) },
        emit: (sample) => this.#board.own(sample),
      })
      return [own, `${own.dataset.name} · sha256 ${own.dataset.hash.slice(0, 8)}…`]
    })
    const writerOptions = crew.writer.options
    // Its dialect is that of the writer too: one object.
    Object.assign(
      facts.dialect,
      await dialectOf(
        writerOptions,
        crew.dataset.item(afterPasses(plan) + plan.numPrompts),
        { timeouts: plan.timeouts, signal },
        { listed, next: server.next },
      ),
    )
    const structured = await probeStructured(crew, plan, facts.version, signal)
    return { facts, crew, structured }
  }

  async #followers(facts: Facts): Promise<Follower[]> {
    const { order, program } = this.#options
    const clients = workersOf(order.plan)
    if (clients === 1) return []
    return this.#phase('workers', async () => {
      const all = await Promise.all(
        Array.from({ length: clients - 1 }, async (_, i) => {
          const index = i + 1
          const brief: FollowerBrief = {
            ...{ kind: 'inference-follower', order, facts },
            share: { index, of: clients },
          }
          const file = join(order.runDir, `worker-${index}.json`)
          await writeJson(file, brief)
          const argv = order.workers[i] ?? [process.execPath, ...process.execArgv, program!]
          return Follower.start(argv, file, (sample) => this.#board.other(index, sample))
        }),
      )
      return [all, `${clients}, started together`]
    })
  }

  async #warmUp(team: Team): Promise<void> {
    const { plan } = this.#options.order
    if (plan.warmup.requests === 0 && plan.warmup.durationMs === null) return
    await this.#phase('warm-up', async () => {
      await team.warmUp()
      return [undefined, 'not measured, prompts of its own']
    })
  }

  async #passes(team: Team, base: Base) {
    const { plan } = this.#options.order
    const [main, baseline]: [CrewOutcome[], CrewOutcome[]] = [[], []]
    const isPaired = plan.pairedBaseline && base.structured !== null
    this.#board.expect(plan.repeats * (isPaired ? 2 : 1))
    for (let repeat = 0; repeat < plan.repeats && !this.#isOver; repeat++) {
      main.push(await this.#pass(team, { repeat, variant: 'main' }))
      if (isPaired && !this.#isOver)
        baseline.push(await this.#pass(team, { repeat, variant: 'baseline' }))
    }
    return { main, baseline, search: null }
  }

  async #search(team: Team, base: Base) {
    const { order } = this.#options
    const { load, slo } = order.plan
    const tried = new Map<InferenceResult, CrewOutcome>()
    const attempt = async (ratePerSecond: number) => {
      const pass: Pass = { repeat: tried.size, variant: 'main', ratePerSecond }
      const outcome = await this.#pass(team, pass)
      const result = assembleInference(order, {
        ...{ ...base, main: [outcome], baseline: [], search: null, usage: this.#usage },
        ...{ check: NOT_CHECKED, complete: true },
      })
      tried.set(result, outcome)
      const { table, wallMs } = outcome
      const scheduledMs = table.values((row) => table.get(row, 'dueMs')).reduce(larger, 0)
      return { result, wallMs, scheduledMs }
    }
    const first = load.kind === 'rate' ? load.ratePerSecond : 1
    const found = await findMaxRate(first, slo, attempt, () => this.#isOver)
    const shown = found.best ?? found.last
    return {
      main: shown ? [tried.get(shown.result)!] : [],
      baseline: [],
      search: { maxRatePerSecond: found.best?.ratePerSecond ?? null, steps: found.steps },
    }
  }

  async #pass(team: Team, pass: Pass): Promise<CrewOutcome> {
    const { order } = this.#options
    const rate = pass.ratePerSecond === undefined ? '' : `${pass.ratePerSecond.toPrecision(3)}/s · `
    this.#board.passBegins()
    return this.#phase(pass.variant === 'baseline' ? 'baseline' : 'requests', async () => {
      const begin = await team.prepare(pass)
      const meter = new WorkerMeter(order.serverPid)
      const { own, others } = await begin()
      this.#note([meter.read(), ...others.map(({ usage }) => usage)])
      const outcome = joined(own, others)
      this.#outcomes.push(outcome)
      const failed = outcome.table.values((row) => (outcome.table.isOk(row) ? NaN : 1)).length
      const text = `${rate}${outcome.table.count} done in ${(outcome.wallMs / 1000).toFixed(1)} s`
      return [outcome, failed > 0 ? `${text}, ${failed} failed` : text]
    })
  }

  #note(usages: readonly Partial<TeamUsage>[]): void {
    const names = ['clientCores', 'loopDelayP99Ms', 'peakRssBytes', 'serverCores'] as const
    for (const usage of usages)
      for (const name of [...names, 'peakServerBytes'] as const) {
        const value = usage[name] ?? null
        if (value !== null) this.#usage[name] = Math.max(this.#usage[name] ?? value, value)
      }
  }

  get #isOver(): boolean {
    return this.#options.signal.aborted || this.#outcomes.some(({ isLost }) => isLost)
  }

  /** A full disk is told after what could be kept was kept: the figures take the place of the last records. */
  async #close(crew: Crew, workers: number, result: InferenceResult): Promise<void> {
    const { order } = this.#options
    const [first, ...others] = Array.from({ length: workers }, (_, index) =>
      recordsPath(order, { index, of: workers }),
    )
    const failure = await this.#closeRecords(crew, first, others).then(
      () => null,
      (error: unknown) => ({ error }),
    )
    if (failure) await dropLastLines(first, ROOM_FOR_RESULT_BYTES)
    for (let i = 1; i < workers; i++) await removeTree(join(order.runDir, `worker-${i}.json`))
    await writeJson(join(order.runDir, 'result.json'), result)
    if (failure) throw cannotWrite(order.runDir, failure.error)
  }

  async #closeRecords(crew: Crew, first: string, others: readonly string[]): Promise<void> {
    const closing = await Promise.allSettled([crew.close(), this.#series.close()])
    const failed = closing.find((one) => one.status === 'rejected')
    if (failed) throw failed.reason
    await appendFiles(first, others)
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

/** Of the result itself, and of the state that names it. */
const ROOM_FOR_RESULT_BYTES = 1 << 16

/** What was in flight when the run was stopped the server has counted, in part, and the client has not. */
const CUT_OFF = { verdict: 'unknown', findings: [] as string[] } as const

const larger = (a: number, b: number) => Math.max(a, b)

type Base = Pick<Findings, 'startedAt' | 'facts' | 'structured' | 'ceiling' | 'dataset'>

function serverLost(url: string, { errors }: InferenceResult, next: NextSteps): UnreachableError {
  return new UnreachableError(`The server at ${url} stopped answering in mid-benchmark`, {
    code: 'AIB_SERVER_LOST',
    evidence: errors.map((one) => `${one.class} ${one.count}`).join(' · '),
    hints: next.look(),
  })
}
