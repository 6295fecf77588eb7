import type { InferenceSample } from '../../instrument/inference/plan.js'
import { formatCount, formatNumber, formatSeconds } from '../../platform/units.js'
import type { Live } from '../kind.js'

/** Seconds over which a rate is shown: one alone jumps with every batch of the server. */
const SMOOTH = 3

/** The line of a pass from sample to sample. What matters most stands first: a narrow terminal shows only that. */
export class LiveText implements Live<InferenceSample> {
  readonly #rates: number[] = []
  #ttftMs: number | null = null

  share({ elapsedS, leftS }: InferenceSample): number | undefined {
    return leftS === null ? undefined : elapsedS / (elapsedS + leftS)
  }

  text(sample: InferenceSample): string {
    this.#rates.push(sample.outputTokensPerSecond)
    if (this.#rates.length > SMOOTH) this.#rates.shift()
    this.#ttftMs = sample.ttftMs ?? this.#ttftMs
    const tokensPerSecond = this.#rates.reduce((a, b) => a + b, 0) / this.#rates.length
    const ended = formatCount(sample.done + sample.failed)
    const lag = sample.dispatchLagP99Ms
    return [
      sample.of === null ? `${ended} done` : `${ended}/${formatCount(sample.of)}`,
      `${formatCount(sample.failed)} failed`,
      this.#ttftMs === null ? '' : `${formatNumber(tokensPerSecond)} tok/s`,
      ttftText(this.#ttftMs, sample.ttftP99Ms),
      leftText(sample),
      // Its name stands before the line already.
      sample.pass === 'warm-up' ? '' : sample.pass,
      sample.tpotMs === null ? '' : `TPOT ${formatNumber(sample.tpotMs)} ms`,
      `${formatCount(sample.inFlight)} in flight`,
      `client ${Math.round(sample.clientCores * 100)} % of a core`,
      lag === null || lag < 1 ? '' : `sent ${formatNumber(lag, 2)} ms late`,
    ]
      .filter(Boolean)
      .join(' · ')
  }
}

function ttftText(ttftMs: number | null, p99Ms: number | null): string {
  if (ttftMs === null) return ''
  return `TTFT ${formatNumber(ttftMs)} ms` + (p99Ms === null ? '' : ` p99 ${formatNumber(p99Ms)}`)
}

/** Of all passes, where that is known; at the end of one what is waited for. */
function leftText({ leftS, runLeftS, inFlight }: InferenceSample): string {
  const left = runLeftS ?? leftS
  if (left === null) return ''
  if (left < 0.5 && inFlight > 0) return `waiting for the last ${formatCount(inFlight)}`
  return `${formatSeconds(left)} left`
}
