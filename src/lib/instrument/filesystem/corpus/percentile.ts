import { SCORED_PHASES } from '../phases.js'
import type { FigureName, PublicList, PublicResult, Standing, WeakPhase } from './contract.js'
import { median } from './quantiles.js'

/** What a result of a list has for a figure; null where it has none. */
export function figureOf(result: PublicResult, name: FigureName): number | null {
  if (name === 'score') return result.score
  if (name === 'bandwidth') return result.bandwidthGiBPerSecond
  if (name === 'metadata') return result.metadataKiops
  return result.phases.get(name)?.value ?? null
}

/** Null where no result of the list has this figure. */
export function percentile(name: FigureName, value: number, list: PublicList): Standing | null {
  const values = list.results.flatMap((result) => figureOf(result, name) ?? [])
  if (values.length === 0) return null
  const notBetter = values.filter((other) => other <= value).length
  return {
    percentile: (100 * notBetter) / values.length,
    n: values.length,
    median: median(values),
  }
}

export interface Neighbours {
  /** Counted from 1, as if this score stood in the list. */
  rank: number
  above: PublicResult | null
  below: PublicResult | null
}

export function neighbours(score: number, { results }: PublicList): Neighbours {
  const better = results.filter((other) => other.score > score)
  return {
    rank: better.length + 1,
    above: better.at(-1) ?? null,
    below: results[better.length] ?? null,
  }
}

/**
 * The scored phase that stands lowest in the list, and the score it would have at the list's median: the fourth part of the bandwidth or the
 * eighth of the metadata hangs on one phase, and the half of the score on each. Null without a phase that can be placed.
 */
export function weakest(
  phases: readonly { name: string; value: number | null }[],
  list: PublicList,
): WeakPhase | null {
  const known = SCORED_PHASES.flatMap(({ name, unit }) => {
    const value = phases.find((phase) => phase.name === name)?.value ?? 0
    return value > 0 ? [{ name, unit, value }] : []
  })
  const mean = (unit: string, instead?: { name: string; value: number }) => {
    const own = known.filter((phase) => phase.unit === unit)
    const logs = own.map(({ name, value }) =>
      Math.log(name === instead?.name ? instead.value : value),
    )
    return Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length)
  }
  const scoreWith = (instead?: { name: string; value: number }) =>
    Math.sqrt(mean('GiB/s', instead) * mean('kIOPS', instead))
  const placed = known.flatMap(({ name, value }) => {
    const standing = percentile(name, value, list)
    return standing ? [{ ...standing, name, value }] : []
  })
  const [lowest] = placed.toSorted(
    (a, b) => a.percentile - b.percentile || a.value / a.median - b.value / b.median,
  )
  if (lowest === undefined || Number.isNaN(scoreWith())) return null
  return {
    ...lowest,
    score: scoreWith(),
    scoreAtMedian: scoreWith({ name: lowest.name, value: Math.max(lowest.value, lowest.median) }),
  }
}
