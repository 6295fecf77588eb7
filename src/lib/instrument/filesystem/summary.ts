import { formatNumber } from '../../platform/units.js'
import type { FilesystemResult, ResultPhase } from './result.js'

/** `score 3.32 · 0.380 GiB/s · 29.0 kIOPS · invalid`; `write 1.20 GiB/s · read 3.10 GiB/s` of a program without a score. */
export function summaryLine(result: FilesystemResult): string {
  const { valid, complete } = result
  if (result.phases.length === 0) return figuresLine(result)
  const doubt = !complete ? 'not complete' : !valid && 'invalid'
  return [figuresLine(result), doubt].filter(Boolean).join(' · ')
}

/** The same without whether it counts. */
export function figuresLine({ score, phases }: FilesystemResult): string {
  const parts = score
    ? [
        `score ${formatNumber(score.total)}`,
        `${formatNumber(score.bandwidthGiBPerSecond)} GiB/s`,
        `${formatNumber(score.metadataKiops)} kIOPS`,
      ]
    : phases.filter(isMeasured).slice(0, 4).map(phaseText)
  return parts.length === 0 ? 'nothing was measured' : parts.join(' · ')
}

export function phaseText({ name, value, unit }: ResultPhase & { value: number }): string {
  return `${name} ${formatNumber(value)} ${unit}`
}

export function isMeasured(phase: ResultPhase): phase is ResultPhase & { value: number } {
  return phase.value !== null
}

/** The same as numbers, with their units in their names. */
export function figuresOf({ score, phases }: FilesystemResult): Record<string, number | null> {
  const figures: Record<string, number | null> = {}
  if (score) {
    figures.score = score.total
    figures.bandwidthGiBPerSecond = score.bandwidthGiBPerSecond
    figures.metadataKiops = score.metadataKiops
  }
  for (const { name, value, unit } of phases)
    figures[camel(name) + (unit === 'GiB/s' ? 'GiBPerSecond' : 'Kiops')] = value
  return figures
}

/** `ior-easy-write` → `iorEasyWrite`; `File creation` → `fileCreation`. */
function camel(name: string): string {
  const [first = '', ...rest] = name.split(/[^A-Za-z0-9]+/).filter(Boolean)
  const lower = first.charAt(0).toLowerCase() + first.slice(1)
  return lower + rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}
