import type { Coordinator } from './coordinator.js'
import { joined } from './coordinator.js'
import type { BesideServer } from './beside-server.js'
import { largestUsage, type RepeatUsage, type WorkersUsage } from './workers-usage.js'
import type { Outcome, Tally } from './workload.js'

/** Has repeats made by all workers together, and keeps what each of them gave and used. */
export class Conductor<Repeat, T extends Tally<never, never>> {
  /** Of every repeat that was measured, those of a search too: all that the server has counted. */
  readonly outcomes: Outcome<T>[] = []
  readonly #usages = new Map<Outcome<T>, readonly RepeatUsage[]>()

  constructor(
    readonly coordinator: Coordinator<Repeat, T>,
    readonly beside: BesideServer,
  ) {}

  async measure(repeat: Repeat): Promise<Outcome<T>> {
    const begin = await this.coordinator.prepare(repeat)
    const measured = await this.beside.begin()
    const { own, others } = await begin()
    const usages = [await measured(), ...others.map(({ usage }) => usage)]
    const outcome = joined(own, others)
    this.#usages.set(outcome, usages)
    this.outcomes.push(outcome)
    return outcome
  }

  /** The server is gone. */
  get isLost(): boolean {
    return this.outcomes.some((outcome) => outcome.isLost)
  }

  usageOf(outcomes: readonly Outcome<T>[]): WorkersUsage {
    const { size: workers, clockOffsetMs } = this.coordinator
    const usages = outcomes.flatMap((outcome) => this.#usages.get(outcome) ?? [])
    return largestUsage(usages, { workers, clockOffsetMs })
  }

  async end(): Promise<void> {
    this.beside.close()
    await this.coordinator.end()
  }
}
