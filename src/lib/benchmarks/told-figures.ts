import { TIME_BOUNDS_S } from '../instrument/measure/time-buckets.js'
import type { Growth } from '../instrument/process/worker-events.js'
import type { Figure, Labels } from '../monitoring/push/figures.js'

/** What a kind of benchmark tells a store of figures, in the names of OpenTelemetry; what all tell alike is not in it. */
export interface Told {
  /** Of its counters, by the names that its measuring process gives them. */
  counters: Readonly<Record<string, { name: string; unit: string }>>
  /** Of its times, which are histograms in seconds; `duration` is that of a request. */
  times: Readonly<Record<string, string>>
  /** On its times, beside whose they are: what is asked, of what. */
  labels: Labels
  /** Phases of its measuring process in which requests are sent. */
  phases: Readonly<Record<string, 'warm-up' | 'measure'>>
}

export type RunPhase = 'warm-up' | 'measure' | 'drain'

interface Histogram {
  counts: Float64Array
  sumS: number
}

/** What clients have counted so far, all workers together, since the start of the run. */
export class ToldFigures {
  readonly #told: Told
  readonly #labels: Labels
  readonly #kind: string
  readonly #counters: Record<string, number> = { ok: 0, failed: 0 }
  readonly #times: Record<string, Histogram> = {}
  #inFlight = 0
  #phase: RunPhase | null = null
  /** Phases that were, and have to be seen to end. */
  readonly #phases = new Set<RunPhase>()
  #hasEnded = false

  /** @param labels of every series: run, service, name */
  constructor(kind: string, told: Told, labels: Labels) {
    this.#kind = kind
    this.#told = told
    this.#labels = labels
    for (const name of Object.keys(told.counters)) this.#counters[name] = 0
    for (const name of Object.keys(told.times))
      this.#times[name] = { counts: new Float64Array(TIME_BOUNDS_S.length + 1), sumS: 0 }
  }

  grow({ counters, times }: Growth): void {
    for (const [name, by] of Object.entries(counters))
      if (Object.hasOwn(this.#counters, name)) this.#counters[name] += by
    for (const [name, { counts, sumS }] of Object.entries(times)) {
      if (!Object.hasOwn(this.#times, name)) continue
      const histogram = this.#times[name]
      for (const [bucket, count] of counts) histogram.counts[bucket] += count
      histogram.sumS += sumS
    }
  }

  set inFlight(requests: number) {
    this.#inFlight = requests
  }

  /** @returns whether that is another than before */
  begin(phase: string): boolean {
    const known = Object.hasOwn(this.#told.phases, phase) ? this.#told.phases[phase] : null
    const isOver = known === null && this.#phase !== null && this.#phase !== 'warm-up'
    const next = known ?? (isOver ? 'drain' : null)
    if (next === this.#phase) return false
    this.#phase = next
    if (next) this.#phases.add(next)
    if (known === null) this.#inFlight = 0
    return true
  }

  /** Nothing is measured any more. */
  end(): void {
    this.#phase = null
    this.#inFlight = 0
    this.#hasEnded = true
  }

  get requests(): { ok: number; failed: number } {
    const { ok, failed } = this.#counters
    return { ok, failed }
  }

  now(): Figure[] {
    const labels = this.#labels
    return [
      ...this.#requests(),
      {
        ...{ kind: 'gauge', name: 'aibench.client.inflight', unit: '{request}', labels },
        value: this.#hasEnded ? null : this.#inFlight,
      },
      ...Object.entries(this.#told.counters).map(([name, known]): Figure => ({
        ...{ kind: 'counter', ...known, labels },
        value: this.#counters[name],
      })),
      ...Object.entries(this.#told.times).map(([short, name]): Figure => {
        const { counts, sumS: sum } = this.#times[short]
        const own = { ...labels, ...this.#told.labels }
        return {
          kind: 'histogram',
          name,
          unit: 's',
          labels: own,
          bounds: TIME_BOUNDS_S,
          counts,
          sum,
        }
      }),
      ...this.#phasesNow(),
    ]
  }

  #requests(): Figure[] {
    return Object.entries(this.requests).map(([outcome, value]) => ({
      ...{ kind: 'counter', name: 'aibench.client.requests', unit: '{request}', value },
      labels: { ...this.#labels, outcome },
    }))
  }

  #phasesNow(): Figure[] {
    return [...this.#phases].map((phase) => ({
      ...{ kind: 'gauge', name: 'aibench.run.info', unit: '' },
      labels: { ...this.#labels, kind: this.#kind, phase },
      value: phase === this.#phase ? 1 : null,
    }))
  }
}
