import { phaseInfo, type PhaseUnit, type RunMode } from '../phases.js'
import type { Figures } from './contract.js'

export interface Scored {
  name: string
  value: number | null
}

/**
 * The score, from the values of the phases: the geometric mean of the bandwidths, that of the rates, and the root of their product.
 * Phases without a positive value are in neither the product nor the exponent, as IO500 has it: one that was switched off costs nothing.
 * Source: calc_score in src/main.c of IO500/io500, the same from isc20 to 2026-07.
 * @returns null where a mean has no phase at all
 */
export function scoreOf(phases: readonly Scored[], mode: RunMode): Figures | null {
  const bandwidth = geometricMean(valuesOf(phases, mode, 'GiB/s'))
  const metadata = geometricMean(valuesOf(phases, mode, 'kIOPS'))
  if (bandwidth === null || metadata === null) return null
  return {
    total: Math.sqrt(bandwidth * metadata),
    bandwidthGiBPerSecond: bandwidth,
    metadataKiops: metadata,
  }
}

/** Those that make the score of this mode. */
export function isScored(name: string, mode: RunMode): boolean {
  const info = phaseInfo(name)
  return info !== undefined && info.scored && (mode === 'extended' || info.mode === 'standard')
}

/** Printed with six digits behind the point; the scripts of 2017 to 2019 printed phases with three, and six digits in all of the score. */
export type Rounding = 'six-decimals' | 'scripts'

/** How far off a recomputed score may be because its phases were rounded when they were printed, and because it was itself. */
export function agrees(
  stated: Figures,
  recomputed: Figures,
  phases: readonly Scored[],
  mode: RunMode,
  rounding: Rounding,
): boolean {
  const half = rounding === 'scripts' ? 5e-4 : 5e-7
  const off = (unit: PhaseUnit) => {
    const values = valuesOf(phases, mode, unit)
    return values.reduce((sum, value) => sum + half / value, 0) / values.length
  }
  const [ofBandwidth, ofMetadata] = [off('GiB/s'), off('kIOPS')]
  const within = (said: number, found: number, share: number) =>
    Math.abs(said - found) <= 1.01 * (found * share + halfUnit(said, rounding))
  return (
    within(stated.bandwidthGiBPerSecond, recomputed.bandwidthGiBPerSecond, ofBandwidth) &&
    within(stated.metadataKiops, recomputed.metadataKiops, ofMetadata) &&
    within(stated.total, recomputed.total, (ofBandwidth + ofMetadata) / 2)
  )
}

/** The product of both means, as the scripts of 2017 printed it: no root was taken. */
export function isProduct({ total, bandwidthGiBPerSecond, metadataKiops }: Figures): boolean {
  const product = bandwidthGiBPerSecond * metadataKiops
  return Math.abs(total - product) <= product * 1e-4 && Math.abs(product - 1) > 1e-3
}

function valuesOf(phases: readonly Scored[], mode: RunMode, unit: PhaseUnit): number[] {
  return phases
    .filter(({ name }) => isScored(name, mode) && phaseInfo(name)!.unit === unit)
    .map(({ value }) => value ?? 0)
    .filter((value) => value > 0)
}

/** By logarithms: a product of twelve rates of millions is still exact enough, and of extreme ones no infinity. */
function geometricMean(values: readonly number[]): number | null {
  if (values.length === 0) return null
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
}

function halfUnit(value: number, rounding: Rounding): number {
  if (rounding === 'six-decimals') return 5e-7
  return value > 0 ? 0.5 * 10 ** (Math.floor(Math.log10(value)) - 5) : 0
}
