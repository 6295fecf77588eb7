import type { LogHistogram } from '../measure/log-histogram.js'

/** Gaps between the events of a stream, kept until it is known whether the request succeeds. */
export class Gaps {
  ms = new Float64Array(256)
  /** How many tokens came with the event that ends the gap; 0 when that is not known. */
  tokens = new Int32Array(256)
  count = 0

  push(ms: number, tokens: number): void {
    if (this.count === this.ms.length) this.#grow()
    this.ms[this.count] = ms
    this.tokens[this.count++] = tokens
  }

  #grow(): void {
    const [ms, tokens] = [this.ms, this.tokens]
    this.ms = new Float64Array(ms.length * 2)
    this.tokens = new Int32Array(ms.length * 2)
    this.ms.set(ms)
    this.tokens.set(tokens)
  }
}

/** Of an answer: its events, and how their tokens were counted. */
interface Counted {
  gaps: Gaps
  hasContinuousUsage: boolean
  completionTokens: number
  events: number
}

/** A gap belongs to the tokens at its end: with several in an event each has its part of it. Without a count there are chunk gaps only. */
export function addGaps(
  { gaps, hasContinuousUsage, completionTokens, events }: Counted,
  itl: LogHistogram,
  chunkGap: LogHistogram,
): void {
  const isOneEach = !hasContinuousUsage && completionTokens === events
  let openMs = 0
  for (let i = 0; i < gaps.count; i++) {
    const gapMs = gaps.ms[i]
    chunkGap.add(gapMs)
    openMs += gapMs
    const tokens = isOneEach ? 1 : hasContinuousUsage ? gaps.tokens[i] : 0
    if (tokens <= 0) continue
    itl.add(openMs / tokens, tokens)
    openMs = 0
  }
}
