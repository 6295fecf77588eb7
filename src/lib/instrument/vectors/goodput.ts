import { UsageError } from '../../platform/errors.js'
import { holds, parseThreshold, type Metrics, type Threshold } from '../measure/thresholds.js'
import type { QueryOutcome } from './tally.js'

/** Figures that one query has. */
const LIMITS: Metrics<never> = {
  query: { label: 'query', unit: 'ms', of: () => null },
  recall: { label: 'recall', unit: '', of: () => null },
}
const WORDS = { flag: '--goodput', example: "'query<20ms,recall>=0.9'" } as const

/** Reads `query<20ms,recall>=0.9`. @throws UsageError naming what may stand there */
export function parseGoodput(text: string): Threshold[] {
  const limits = text.split(',').filter((part) => part.trim() !== '')
  if (limits.length === 0)
    throw new UsageError('--goodput needs at least one limit', {
      code: 'AIB_SLO',
      hints: [`--goodput ${WORDS.example}`],
    })
  return limits.map((limit) => parseThreshold(limit, LIMITS, WORDS))
}

/** Queries that are good by every limit, over all that were issued: those that failed are in the denominator. */
export function goodputOf(text: string, outcomes: readonly QueryOutcome[]) {
  const limits = parseGoodput(text)
  let [good, issued, wallMs] = [0, 0, 0]
  for (const { table, wallMs: ms, dropped } of outcomes) {
    wallMs += ms
    issued += table.count + dropped
    const valueOf = (row: number, metric: string) =>
      metric === 'recall'
        ? table.get(row, 'recall')
        : table.get(row, 'endMs') - table.get(row, 'sentMs')
    for (let row = 0; row < table.count; row++)
      if (
        table.isOk(row) &&
        limits.every((one) => holds(valueOf(row, one.metric), one.comparison, one.limit))
      )
        good++
  }
  return {
    good,
    perSecond: wallMs > 0 ? (good / wallMs) * 1000 : 0,
    shareOfIssued: issued > 0 ? good / issued : 0,
  }
}
