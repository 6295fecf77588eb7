import type { Range } from './contract.js'

export interface Weighted {
  value: number
  weight: number
}

/** Linear between the two nearest; of no values NaN. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  return low + (high - low) * (at - Math.floor(at))
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function rangeOf(values: readonly number[]): Range {
  return { p10: quantile(values, 0.1), p50: median(values), p90: quantile(values, 0.9) }
}

/** The values up to which a tenth, a half and nine tenths of the weight lie. */
export function weightedRange(values: readonly Weighted[]): Range {
  const sorted = values.toSorted((a, b) => a.value - b.value)
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0)
  const upTo = (share: number) => {
    let passed = 0
    const found = sorted.find(({ weight }) => (passed += weight) >= share * total)
    return (found ?? sorted.at(-1))?.value ?? NaN
  }
  return { p10: upTo(0.1), p50: upTo(0.5), p90: upTo(0.9) }
}

export function mapRange({ p10, p50, p90 }: Range, change: (value: number) => number): Range {
  return { p10: change(p10), p50: change(p50), p90: change(p90) }
}
