import { mean } from '../measure/statistics.js'
import type { InferenceOutcome } from './tally.js'
import { figures, VALIDITY } from './request-table.js'
import type { Structured, Validity } from './result.js'
import { metricsOf, throughputOf } from './summary.js'

export interface StructuredFindings {
  kind: string
  field: string
  probe: Structured['probe']
  main: readonly InferenceOutcome[]
  /** Empty without a paired baseline. */
  baseline: readonly InferenceOutcome[]
}

/** How many answers had the form they had to have, and what asking for it costs. */
export function structuredOf({
  kind,
  field,
  probe,
  main,
  baseline,
}: StructuredFindings): Structured {
  const isPaired = baseline.length > 0
  return {
    kind,
    field,
    probe,
    constrained: validityOf(main),
    unconstrained: isPaired ? validityOf(baseline) : null,
    lengthsDiffer: isPaired ? lengthsOf(main, baseline) : null,
    overhead: isPaired ? overheadOf(main, baseline) : null,
    firstUse: firstUseOf(main),
  }
}

function validityOf(outcomes: readonly InferenceOutcome[]): Validity {
  const counts = { none: 0, valid: 0, invalid: 0, truncated: 0, unjudged: 0 }
  let failed = 0
  for (const { table } of outcomes)
    for (let row = 0; row < table.count; row++)
      if (table.isOk(row)) counts[VALIDITY[table.get(row, 'validity')]]++
      else failed++
  const { valid, invalid, truncated, unjudged } = counts
  return {
    answers: valid + invalid + truncated + unjudged,
    valid,
    invalid,
    truncated,
    unjudged,
    failed,
    validShare: valid + invalid > 0 ? valid / (valid + invalid) : null,
    examples: outcomes.flatMap((outcome) => outcome.tally.invalid).slice(0, 3),
  }
}

/** Answers whose mean lengths are further apart than this take other times for that alone. */
const SAME_LENGTH = 0.1

function lengthsOf(
  main: readonly InferenceOutcome[],
  baseline: readonly InferenceOutcome[],
): Structured['lengthsDiffer'] {
  const meanTokens = (outcomes: readonly InferenceOutcome[]) =>
    mean(
      outcomes.flatMap(({ table }) => [
        ...table.values((row) => (table.isOk(row) ? table.get(row, 'outputTokens') : NaN)),
      ]),
    )
  const [constrained, unconstrained] = [meanTokens(main), meanTokens(baseline)]
  if (!constrained || !unconstrained) return null
  const ratio = constrained / unconstrained
  return Math.abs(ratio - 1) > SAME_LENGTH ? { constrained, unconstrained } : null
}

function overheadOf(
  main: readonly InferenceOutcome[],
  baseline: readonly InferenceOutcome[],
): NonNullable<Structured['overhead']> {
  const [with_, without] = [metricsOf(main, false), metricsOf(baseline, false)]
  const beside = (constrained: number | null, unconstrained: number | null) => ({
    constrained,
    unconstrained,
    ratio: constrained !== null && unconstrained ? constrained / unconstrained : null,
  })
  return {
    ttftMs: beside(with_.ttftMs.mean, without.ttftMs.mean),
    tpotMs: beside(with_.tpotMs.mean, without.tpotMs.mean),
    outputTokensPerSecond: beside(
      throughputOf(main).outputTokensPerSecond,
      throughputOf(baseline).outputTokensPerSecond,
    ),
  }
}

/** A constraint that is seen for the first time has to be compiled by the server. */
function firstUseOf(outcomes: readonly InferenceOutcome[]): Structured['firstUse'] {
  const ttftsWhere = (isFirst: number) =>
    outcomes.flatMap(({ table }) => [
      ...table.values(
        figures(table).ttft,
        (row) => table.isOk(row) && table.get(row, 'isFirstUse') === isFirst,
      ),
    ])
  const first = ttftsWhere(1)
  return { distinct: first.length, firstMs: mean(first), laterMs: mean(ttftsWhere(0)) }
}
