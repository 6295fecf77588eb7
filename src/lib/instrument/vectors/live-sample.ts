import type { Sent } from '../load/load.js'
import { formatCount, formatNumber } from '../../platform/units.js'
import { percentile } from '../measure/statistics.js'
import { levelsOf, type LevelPlan } from './levels.js'
import type { IngestSample, VectorPlan, VectorEvent } from './plan.js'

const PERIOD_MS = 500

/** The figures of a level while it runs, twice a second: of the last period, for the eye only. */
export class LiveSample {
  readonly #startMs = performance.now()
  readonly #period: number[] = []
  #periodStartMs = performance.now()
  #cpu = process.cpuUsage()
  #count = 0
  #errors = 0

  constructor(
    readonly context: {
      level: LevelPlan
      /** Its place among the levels of a repeat, from 0. */
      index: number
      repeat: number
      plan: VectorPlan
      emit(event: VectorEvent): void
    },
  ) {}

  add({ sentMs, endMs, error }: Sent): void {
    if (error === undefined) {
      this.#period.push(endMs - sentMs)
      this.#count++
    } else this.#errors++
    if (endMs - this.#periodStartMs >= PERIOD_MS) this.#emit(endMs)
  }

  summary(): string {
    const seconds = (performance.now() - this.#startMs) / 1000
    const errors = this.#errors ? `, ${formatCount(this.#errors)} errors` : ''
    return `${formatNumber(this.#count / seconds)} q/s${errors}`
  }

  #emit(nowMs: number): void {
    const { level, index, repeat, plan, emit } = this.context
    const seconds = (nowMs - this.#periodStartMs) / 1000
    const { user, system } = process.cpuUsage(this.#cpu)
    const perRepeat = levelsOf(plan).length
    const nth = repeat * perRepeat + index + 1
    const levels = perRepeat * plan.repeats
    const secondsLeft = Math.max(0, (plan.durationMs - (nowMs - this.#startMs)) / 1000)
    emit({
      type: 'sample',
      phase: 'level',
      concurrency: level.concurrency,
      ratePerSecond: level.ratePerSecond,
      repeat: repeat + 1,
      repeats: plan.repeats,
      level: nth,
      levels,
      secondsLeft,
      runSecondsLeft: secondsLeft + ((levels - nth) * plan.durationMs) / 1000,
      queriesPerSecond: this.#period.length / seconds,
      p99Ms:
        percentile(
          this.#period.sort((a, b) => a - b),
          0.99,
        ) ?? 0,
      errors: this.#errors,
      clientCores: (user + system) / 1e6 / seconds,
    })
    this.#period.length = 0
    this.#periodStartMs = nowMs
    this.#cpu = process.cpuUsage()
  }
}

/** Twice a second at most. */
class Pace {
  readonly #startMs: number
  #lastMs: number

  constructor(readonly nowMs: () => number) {
    this.#startMs = this.#lastMs = nowMs()
  }

  /** Of `done` things of `of`; undefined while it is too early to say. */
  figures(done: number, of: number): { perSecond: number; secondsLeft: number } | undefined {
    const nowMs = this.nowMs()
    if (nowMs - this.#lastMs < PERIOD_MS) return undefined
    this.#lastMs = nowMs
    const perSecond = (done / (nowMs - this.#startMs)) * 1000
    return { perSecond, secondsLeft: (of - done) / perSecond }
  }
}

/** How the search for the truth goes. */
export class LiveTruth {
  readonly #pace: Pace

  constructor(
    readonly of: number,
    readonly emit: (event: VectorEvent) => void,
    nowMs = () => performance.now(),
  ) {
    this.#pace = new Pace(nowMs)
  }

  /** So many vectors were searched. */
  searched(vectors: number): void {
    const { of } = this
    const figures = this.#pace.figures(vectors, of)
    if (!figures) return
    this.emit({ type: 'sample', phase: 'truth', vectors, of, secondsLeft: figures.secondsLeft })
  }
}

/** How an ingest goes. */
export class LiveIngest {
  readonly #pace: Pace

  constructor(
    readonly context: Pick<IngestSample, 'of' | 'batch' | 'repeat' | 'repeats'> & {
      emit(event: VectorEvent): void
    },
    nowMs: () => number = () => performance.now(),
  ) {
    this.#pace = new Pace(nowMs)
  }

  /** So many vectors are in. */
  added(vectors: number): void {
    const { emit, ...known } = this.context
    const figures = this.#pace.figures(vectors, known.of)
    if (!figures) return
    const { perSecond: vectorsPerSecond, secondsLeft } = figures
    emit({ type: 'sample', phase: 'ingest', vectors, vectorsPerSecond, secondsLeft, ...known })
  }
}
