import { UsageError } from '../../platform/errors.js'
import { holds, parseThreshold, type Metrics, type Threshold } from '../measure/thresholds.js'
import type { InferenceOutcome } from './tally.js'
import { figures } from './request-table.js'
import type { InferenceResult } from './result.js'

/** Figures that one request has. */
const LIMITS: Metrics<never> = {
  ttft: { label: 'TTFT', unit: 'ms', of: () => null },
  ttfo: { label: 'TTFO', unit: 'ms', of: () => null },
  tpot: { label: 'TPOT', unit: 'ms', of: () => null },
  e2e: { label: 'E2E', unit: 'ms', of: () => null },
}
const WORDS = { flag: '--goodput', example: 'ttft<500ms,tpot<40ms' } as const
type LimitName = 'ttft' | 'ttfo' | 'tpot' | 'e2e'

/** Reads `ttft<500ms,tpot<40ms`. @throws UsageError naming what may stand there */
export function parseGoodput(text: string): Threshold[] {
  const limits = text.split(',').filter((part) => part.trim() !== '')
  if (limits.length === 0)
    throw new UsageError('--goodput needs at least one limit', {
      code: 'AIB_SLO',
      hints: [`--goodput ${WORDS.example}`],
    })
  return limits.map((limit) => parseThreshold(limit, LIMITS, WORDS))
}

/**
 * Requests that are good by every limit, over all that were issued: those that failed are in the denominator. A request of one token has
 * no TPOT and is judged by the others.
 */
export function goodputOf(
  text: string,
  outcomes: readonly InferenceOutcome[],
): NonNullable<InferenceResult['goodput']> {
  const limits = parseGoodput(text)
  let [good, issued, wallMs] = [0, 0, 0]
  for (const { table, wallMs: ms, dropped } of outcomes) {
    const of = figures(table)
    wallMs += ms
    issued += table.count + dropped
    for (let row = 0; row < table.count; row++) {
      const meets = ({ metric, comparison, limit }: Threshold) => {
        const value = of[metric as LimitName](row)
        return Number.isNaN(value) ? metric === 'tpot' : holds(value, comparison, limit)
      }
      if (table.isOk(row) && limits.every(meets)) good++
    }
  }
  return {
    text,
    good,
    perSecond: wallMs > 0 ? (good / wallMs) * 1000 : 0,
    shareOfIssued: issued > 0 ? good / issued : 0,
  }
}
