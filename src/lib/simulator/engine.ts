import { Rng } from '../instrument/rng.js'
import type { Ask } from './ask.js'
import type { Exchange } from './connection.js'
import { FaultPlan, type Target } from './fault-plan.js'
import { Generation } from './generation.js'
import { Metrics } from './metrics.js'
import type { Fault, SimulatorOptions } from './options.js'
import { PrefixCache } from './prefix-cache.js'
import { Slots } from './slots.js'
import { Timeline } from './timeline.js'
import type { Truth } from './truth.js'

/** All that the requests to one simulated server share. */
export class Engine {
  readonly timeline = new Timeline()
  readonly metrics = new Metrics()
  readonly slots: Slots
  readonly #faults: FaultPlan<Fault>
  readonly #wrong: FaultPlan<Target>
  readonly #prefixes = new PrefixCache()
  readonly #active = new Set<Generation>()
  #ordinal = 0

  constructor(
    readonly options: SimulatorOptions,
    readonly truth: Truth,
  ) {
    this.slots = new Slots(options.slots)
    this.#faults = new FaultPlan(options.faults)
    this.#wrong = new FaultPlan([{ share: options.structuredWrong, from: 0 }])
  }

  generate(exchange: Exchange, ask: Ask): void {
    const ordinal = this.#ordinal++
    const generation = new Generation(this, exchange, {
      ask,
      ordinal,
      fault: this.#faults.next(),
      wrong: ask.constraint ? this.#wrong.next() !== null : null,
      rng: new Rng(this.options.seed, `request/${ordinal}`),
    })
    this.#active.add(generation)
    generation.begin(() => this.#active.delete(generation))
  }

  /** The prompt goes through the model. */
  prefill({ prompt }: Ask): void {
    this.metrics.promptTokens += prompt.length
    this.metrics.prefixQueries += prompt.length
    this.metrics.prefixHits += this.#prefixes.hits(prompt)
  }

  metricsText(): string {
    const { running, waiting } = this.slots
    const held = [...this.#active].reduce((sum, { heldTokens }) => sum + heldTokens, 0)
    const { slots, maxModelLen } = this.options
    return this.metrics.text(
      { running, waiting, kvCacheShare: held / (slots * maxModelLen) },
      this.options,
    )
  }

  /** Ends what runs as vLLM does when it is told to stop. */
  stop(): void {
    for (const generation of this.#active) generation.abort()
    this.timeline.stop()
  }
}
