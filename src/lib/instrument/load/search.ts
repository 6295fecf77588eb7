import { formatDuration } from '../../platform/units.js'
import type { RunVerdict } from '../../platform/verdicts.js'
import { clientReason, type ClientJudgement } from './self-check.js'

/** What a repeat at one rate gave, as far as the search looks at it. */
export interface Attempt<Result, Own extends object> {
  result: Result
  /** Thresholds that did not hold, as typed. */
  missed: readonly string[]
  requests: { issued: number; failed: number }
  instrument: Pick<
    ClientJudgement,
    'verdict' | 'saturated' | 'clientCores' | 'dispatchLag' | 'shareOfCeiling'
  >
  achievedPerSecond: number
  peakConcurrency: number
  /** How long the last responses may take once the arrivals are over. */
  lastResponsesMs: number
  /** From the start to when the last request was due, and to the last end. */
  scheduledMs: number
  wallMs: number
  /** The kind's own figures of a step. */
  own: Own
}

/** One rate, tried. */
export interface Trial<Result, Own extends object> extends Attempt<Result, Own> {
  ratePerSecond: number
}

/** A look as it is told in a result. */
export interface SearchStep {
  ratePerSecond: number
  /** Every threshold held. */
  met: boolean
  /** The client was fine: the step counts. */
  valid: boolean
  verdict: Extract<RunVerdict, 'ok' | 'threshold-missed' | 'late' | 'client-bound'>
  /** Why it does not count, or what was missed; null when all held. */
  reason: string | null
  requests: number
  achievedPerSecond: number
}

export interface Found<Result, Own extends object> {
  best: Trial<Result, Own> | null
  last: Trial<Result, Own> | null
  /**
   * What ended it: `server`, a rate a little higher misses a threshold; `client`, above it the client could not tell; `none`, the search
   * ended before either.
   */
  boundBy: 'server' | 'client' | 'none'
  steps: (SearchStep & Own)[]
}

/** Steps of a search for the highest rate, at most. */
export const MOST_STEPS = 20
/** Ends when the highest rate that held and the lowest that did not are this near. */
const CLOSE = 1.05
/** A server that needs this much longer than the arrivals took, beside the time of its last responses, did not keep up with them. */
const BACKLOG_SHARE = 0.2
/** Looks at one rate that something else disturbed, before it is given up: at first, and once some rate has held. */
const MOST_DISTURBED = { first: 3, later: 2 }
/** So far down from the first rate. */
const LOWEST_SHARE = 1 / 1_000
/** Rates that the client could not judge, from the first one down: a machine that is too busy for these is too busy for all. */
const MOST_UNDECIDED = 3

/**
 * The highest rate at which every threshold holds: doubled (or halved) until one holds and one does not, then halved in between, by the
 * geometric mean. A step counts only when the client was fine: one that was disturbed is repeated. Where a rate was missed by one look
 * alone, the two rates at the edge are looked at again, and the majority of looks decides: a p99 is not monotone in the rate.
 */
export async function findMaxRate<Result, Own extends object>(
  firstRate: number,
  attempt: (ratePerSecond: number) => Promise<Attempt<Result, Own>>,
  isStopped: () => boolean,
): Promise<Found<Result, Own>> {
  const looks = new Looks(attempt, isStopped)
  let [low, high] = [0, Infinity]
  let undecided = 0
  for (let rate = firstRate; looks.isOpen;) {
    const verdict = await looks.at(rate, low === 0 ? MOST_DISTURBED.first : MOST_DISTURBED.later)
    if (verdict === 'met') low = rate
    else high = rate
    if (verdict === 'undecided' && low === 0 && ++undecided >= MOST_UNDECIDED) break
    // One request alone misses it already: at a lower rate it is as alone.
    const isAlone = (looks.last?.peakConcurrency ?? 0) <= 1
    if (low === 0 && (isAlone || rate < firstRate * LOWEST_SHARE)) break
    if (high / low > CLOSE) {
      rate = low === 0 ? rate / 2 : high === Infinity ? rate * 2 : Math.sqrt(low * high)
      continue
    }
    // Both sides of the edge once more; a side that falls opens the search again.
    if (looks.isOpen && (await looks.again(high)) === 'met') {
      low = high
      high = looks.lowestMissedAbove(low)
    } else if (looks.isOpen && (await looks.again(low)) !== 'met') {
      high = low
      low = looks.highestMetBelow(high)
    } else break
    rate = high === Infinity ? low * 2 : low === 0 ? high / 2 : Math.sqrt(low * high)
  }
  return {
    best: low === 0 ? null : looks.bestAt(low),
    last: looks.last,
    boundBy: looks.boundBy(high),
    steps: looks.steps,
  }
}

type LookVerdict = 'met' | 'missed' | 'undecided'

/** All looks at all rates, and what they say of a rate. */
class Looks<Result, Own extends object> {
  readonly steps: (SearchStep & Own)[] = []
  readonly #trials: Trial<Result, Own>[] = []

  constructor(
    readonly attempt: (ratePerSecond: number) => Promise<Attempt<Result, Own>>,
    readonly isStopped: () => boolean,
  ) {}

  get isOpen(): boolean {
    return this.steps.length < MOST_STEPS && !this.isStopped()
  }

  get last(): Trial<Result, Own> | null {
    return this.#trials.at(-1) ?? null
  }

  /** Until one look was not disturbed. A client whose own core is full would be as full again. */
  async at(rate: number, most: number): Promise<LookVerdict> {
    for (let look = 0; look < most && this.isOpen; look++) {
      const trial = { ratePerSecond: rate, ...(await this.attempt(rate)) }
      const step = stepOf(trial)
      this.#trials.push(trial)
      this.steps.push(step)
      if (step.valid || step.verdict === 'client-bound') break
    }
    return this.#verdictOf(rate)
  }

  /** A second look, and a third when they differ. What the client could not judge is not asked again. */
  async again(rate: number): Promise<LookVerdict> {
    if (this.#verdictOf(rate) === 'undecided') return 'undecided'
    const isSettled = () => Math.max(this.#count(rate, true), this.#count(rate, false)) >= 2
    for (let look = 0; look < 2 && !isSettled(); look++) await this.at(rate, MOST_DISTURBED.later)
    return this.#verdictOf(rate)
  }

  /** Of several looks at a rate that held, the one in the middle would need two more: the last is as good as any. */
  bestAt(rate: number): Trial<Result, Own> | null {
    const at = this.steps.findLastIndex(
      (step) => step.ratePerSecond === rate && step.valid && step.met,
    )
    return this.#trials[at] ?? null
  }

  lowestMissedAbove(rate: number): number {
    const rates = this.steps.map(({ ratePerSecond }) => ratePerSecond)
    return Math.min(...rates.filter((one) => one > rate && this.#verdictOf(one) !== 'met'))
  }

  highestMetBelow(rate: number): number {
    const rates = this.steps.map(({ ratePerSecond }) => ratePerSecond)
    return Math.max(0, ...rates.filter((one) => one < rate && this.#verdictOf(one) === 'met'))
  }

  /** What is known of the rates above the best. */
  boundBy(high: number): Found<Result, Own>['boundBy'] {
    if (high === Infinity) return 'none'
    return this.#verdictOf(high) === 'undecided' ? 'client' : 'server'
  }

  #verdictOf(rate: number): LookVerdict {
    const [met, missed] = [this.#count(rate, true), this.#count(rate, false)]
    if (met + missed === 0) return 'undecided'
    return met > missed ? 'met' : 'missed'
  }

  #count(rate: number, met: boolean): number {
    return this.steps.filter(
      (step) => step.ratePerSecond === rate && step.valid && step.met === met,
    ).length
  }
}

function stepOf<Result, Own extends object>(trial: Trial<Result, Own>): SearchStep & Own {
  const { ratePerSecond, requests, instrument, scheduledMs, wallMs } = trial
  const keptUp = wallMs <= scheduledMs * (1 + BACKLOG_SHARE) + trial.lastResponsesMs
  const missed = [
    ...trial.missed.map((text) => `missed ${text}`),
    ...(requests.failed > 0 ? [`${requests.failed} of ${requests.issued} requests failed`] : []),
    ...(keptUp
      ? []
      : [
          `did not keep up: ${formatDuration(wallMs)} for ${formatDuration(scheduledMs)} of arrivals`,
        ]),
  ]
  const met = missed.length === 0
  return {
    ratePerSecond,
    met,
    valid: !instrument.saturated,
    verdict: instrument.saturated ? instrument.verdict : met ? 'ok' : 'threshold-missed',
    reason: instrument.saturated ? clientReason(instrument) : missed.join(', ') || null,
    requests: requests.issued,
    achievedPerSecond: trial.achievedPerSecond,
    ...trial.own,
  }
}
