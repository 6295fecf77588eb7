import type { Sent } from '../load.js'
import { percentile } from '../statistics.js'
import type { LevelPlan } from './levels.js'
import type { VectorPlan, VectorEvent } from './plan.js'

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
    return `${Math.round(this.#count / seconds)} q/s${this.#errors ? `, ${this.#errors} errors` : ''}`
  }

  #emit(nowMs: number): void {
    const { level, repeat, plan, emit } = this.context
    const seconds = (nowMs - this.#periodStartMs) / 1000
    const { user, system } = process.cpuUsage(this.#cpu)
    emit({
      type: 'sample',
      concurrency: level.concurrency,
      repeat: repeat + 1,
      repeats: plan.repeats,
      secondsLeft: Math.max(0, (plan.durationMs - (nowMs - this.#startMs)) / 1000),
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
