import { join } from 'node:path'
import { exists } from '../../../platform/files.js'
import { priorsFor, remaining, type Priors } from '../corpus/eta.js'
import { readRunPlan, type RunPlan } from '../run-plan.js'
import type { LivePhase, LiveState, Measure, Rates, Remaining, Stonewall } from './contract.js'
import { readStage, type StageRecord } from './files.js'
import { ResultFile } from './result-file.js'
import { SampleFiles, sumOf, type Counter } from './sample-files.js'
import { whereIs, type RunningPhase, type Where } from './where.js'

/** Between two looks of those who ask more often. */
const FRESH_MS = 1_000
const readers = new Map<string, { reader: LiveReader; atMs: number; state: Promise<LiveState> }>()

/** As it is within this second, however often it is asked. */
export function liveNow(runDir: string): Promise<LiveState> {
  const known = readers.get(runDir)
  const nowMs = Date.now()
  if (known && Math.abs(nowMs - known.atMs) < FRESH_MS) return known.state
  const reader = known?.reader ?? new LiveReader(runDir)
  const state = reader.look(nowMs)
  readers.set(runDir, { reader, atMs: nowMs, state })
  return state
}

/** A clock that differs by less is called the same. */
const SAME_CLOCK_MS = 5_000
const NOWHERE: Where = { phases: [], done: [], running: null, isOver: false }
/** Of a run without a wall of its own, which is the rule's. */
const STONEWALL_SECONDS = 300

/** Follows a run by its files: a few that are small, and the new part of one a node. Asks nobody. */
export class LiveReader {
  readonly #runDir: string
  readonly #result = new ResultFile()
  readonly #samples: SampleFiles
  #plan: RunPlan | undefined
  #priors: { of: string; priors: Priors } | undefined
  /** How far the reader's clock is ahead of the job's. */
  #skewMs: number | undefined

  constructor(runDir: string) {
    this.#runDir = runDir
    this.#samples = new SampleFiles(runDir)
  }

  async look(nowMs: number): Promise<LiveState> {
    const [stage, isDone] = await Promise.all([
      readStage(this.#runDir),
      exists(join(this.#runDir, 'receipt.json')),
      this.#samples.look(),
    ])
    this.#plan ??= await readRunPlan(this.#runDir)
    const seen = stage && (await this.#result.look(this.#runDir, stage))
    const where = seen ? whereIs(seen) : NOWHERE
    const isRunning = stage?.stage === 'running' && !isDone
    const running = isRunning ? where.running : null
    const jobMs = this.#jobTime(nowMs)
    const nodes = isRunning
      ? this.#samples.rates(running?.startedAtMs ?? startOf(stage), jobMs)
      : []
    const rates = sumOf(nodes)
    const phase = running && this.#phaseOf(running, rates, jobMs)
    return {
      plan: this.#plan ?? null,
      stage: isDone ? 'done' : (stage?.stage ?? 'starting'),
      text: stage?.text ?? '',
      sinceMs: stage ? Date.parse(stage.since) : null,
      nowMs: jobMs,
      repeat: stage?.repeat ?? 1,
      repeats: stage?.of ?? this.#plan?.repeats ?? 1,
      phase,
      done: where.done,
      phases: where.phases.length,
      nodes,
      rates,
      counts: isRunning ? this.#samples.counts : null,
      ...(await this.#left(stage, where, phase, isDone)),
    }
  }

  /** Stamps of samples are the job's own time; a reader whose clock is another tells by them what time it is there. */
  #jobTime(nowMs: number): number {
    const newest = this.#samples.newestAt
    if (newest === undefined) return nowMs
    const aheadMs = nowMs - newest
    // What lies in the future shows it at once; what is old may also be all that will ever come.
    if ((this.#samples.hasGrown && this.#skewMs !== undefined) || aheadMs < 0)
      this.#skewMs = Math.abs(aheadMs) > SAME_CLOCK_MS ? aheadMs : 0
    this.#skewMs ??= 0
    return nowMs - this.#skewMs
  }

  #phaseOf(running: RunningPhase, rates: Rates | null, jobMs: number): LivePhase {
    const { name, index, startedAtMs, wallMs, measure } = running
    const elapsedMs = Math.max(0, jobMs - startedAtMs)
    const stonewall =
      wallMs === null ? null : this.#stonewallOf({ ...running, wallMs }, elapsedMs, rates)
    return { name, index, startedAtMs, elapsedMs, stonewall, measure }
  }

  #stonewallOf(
    { startedAtMs, wallMs, measure }: RunningPhase & { wallMs: number },
    elapsedMs: number,
    rates: Rates | null,
  ): Stonewall {
    if (elapsedMs < wallMs) return { wallMs, share: elapsedMs / wallMs, wearOut: null }
    const counter = COUNTERS[measure]
    const before = counter && this.#samples.growth(counter, startedAtMs, startedAtMs + wallMs)
    const now = rates && rateOf(measure, rates)
    const share = before && now !== null ? now / (before / (wallMs / 1000)) : null
    return { wallMs, share: 1, wearOut: { sinceMs: elapsedMs - wallMs, share } }
  }

  async #left(
    stage: StageRecord | undefined,
    where: Where,
    phase: LivePhase | null,
    isDone: boolean,
  ): Promise<Pick<LiveState, 'share' | 'remaining'>> {
    if (isDone) return { share: 1, remaining: null }
    const isSuite = this.#plan?.task === 'io500' || where.phases.length > 0
    if (!stage || !isSuite) return { share: null, remaining: null }
    const priors = await this.#priorsOf(where, phase)
    const done = where.done.flatMap(({ name, seconds }) =>
      seconds === null ? [] : [{ name, seconds }],
    )
    const spentS = done.reduce((sum, { seconds }) => sum + seconds, 0)
    const isOver = where.isOver || stage.stage === 'cleaning'
    const running = phase && { name: phase.name, elapsedSeconds: phase.elapsedMs / 1000 }
    const left = isOver ? NO_TIME : remaining(priors, done, running)
    const goneMs = spentS * 1000 + (phase?.elapsedMs ?? 0)
    const ofRepeat = goneMs + left.p50Ms === 0 ? 0 : goneMs / (goneMs + left.p50Ms)
    const others = stage.of - stage.repeat
    const plusOthers = (ms: number) => ms + others * (goneMs + ms)
    return {
      share: (stage.repeat - 1 + (isOver ? 1 : ofRepeat)) / stage.of,
      remaining: {
        p10Ms: plusOthers(left.p10Ms),
        p50Ms: plusOthers(left.p50Ms),
        p90Ms: plusOthers(left.p90Ms),
      },
    }
  }

  async #priorsOf({ phases }: Where, phase: LivePhase | null): Promise<Priors> {
    const wallMs = phase?.stonewall?.wallMs
    const stonewallSeconds =
      this.#plan?.stonewallSeconds ?? (wallMs ? wallMs / 1000 : STONEWALL_SECONDS)
    const names = phases.length > 0 ? phases : undefined
    const of = JSON.stringify([stonewallSeconds, names])
    if (this.#priors?.of === of) return this.#priors.priors
    const priors = await priorsFor({
      stonewallSeconds,
      nodes: this.#plan?.nodes ?? null,
      isLustre: this.#plan?.fileSystem.kind !== 'posix',
      ...(names && { phases: names }),
    })
    this.#priors = { of, priors }
    return priors
  }
}

const NO_TIME: Remaining = { p10Ms: 0, p50Ms: 0, p90Ms: 0 }

const COUNTERS: Readonly<Record<Measure, Counter | null>> = {
  writeBytes: 'writeBytes',
  readBytes: 'readBytes',
  writeCalls: 'writeCalls',
  readCalls: 'readCalls',
  filesCreated: 'inodesUsed',
  filesRemoved: 'inodesUsed',
  none: null,
}

/** Bytes, calls or files a second: what tells how a phase goes; null where nothing does. */
export function rateOf(measure: Measure, rates: Rates): number | null {
  switch (measure) {
    case 'none':
      return null
    case 'filesCreated':
      return rates.files
    case 'filesRemoved':
      return rates.files === null ? null : -rates.files
    default:
      return rates[measure]
  }
}

function startOf({ since }: StageRecord): number {
  return Date.parse(since)
}
