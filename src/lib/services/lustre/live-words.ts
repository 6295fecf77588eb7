import type {
  LiveState,
  Measure,
  Rates,
  Remaining,
} from '../../instrument/filesystem/live/contract.js'
import { rateOf } from '../../instrument/filesystem/live/read-live.js'
import { formatDuration, formatNumber } from '../../platform/units.js'

/** How what is known of a running benchmark is said, wherever it is said. */

const GIB = 2 ** 30
/** A second: less is what a program does besides. */
const NOISE_BYTES = 2 ** 20

/** `2.10 GiB/s`, `1.83 kIOPS`; null where nothing shows how it goes. */
export function rateText(measure: Measure, rates: Rates | null): string | null {
  const rate = rates && rateOf(measure, rates)
  if (rate === null) return null
  const isBytes = measure === 'writeBytes' || measure === 'readBytes'
  // Others remove files too.
  const shown = Math.max(0, rate)
  return isBytes ? `${formatNumber(shown / GIB)} GiB/s` : `${formatNumber(shown / 1000)} kIOPS`
}

/** Of a program whose phases are not known: all that moves. */
export function bothRatesText({ writeBytes, readBytes }: Rates): string {
  return [
    writeBytes >= NOISE_BYTES && `writes ${formatNumber(writeBytes / GIB)} GiB/s`,
    readBytes >= NOISE_BYTES && `reads ${formatNumber(readBytes / GIB)} GiB/s`,
  ]
    .filter(Boolean)
    .join(', ')
}

/** `about 41m left`. */
export function leftText({ p50Ms }: Remaining): string {
  return `about ${roughly(p50Ms)} left`
}

/** With what it may turn out to be. */
export function leftRangeText({ p10Ms, p50Ms, p90Ms }: Remaining): string {
  const [least, most] = [roughly(p10Ms), roughly(p90Ms)]
  return leftText({ p10Ms, p50Ms, p90Ms }) + (least === most ? '' : ` (${least} to ${most})`)
}

/** An estimate of an hour knows no seconds. */
export function roughly(ms: number): string {
  const unitMs = ms < 90_000 ? 1_000 : ms < 3_600_000 ? 60_000 : 300_000
  const rounded = Math.max(unitMs, Math.round(ms / unitMs) * unitMs)
  return rounded < 10_000 ? `${rounded / 1000} s` : formatDuration(rounded)
}

/** `wall in 2m10s`; after it how the ranks that are behind catch up. Empty of a phase without a wall. */
export function wallText({ phase }: Pick<LiveState, 'phase'>): string | null {
  if (!phase?.stonewall) return null
  const { wallMs, wearOut } = phase.stonewall
  if (wearOut === null) return `wall in ${formatDuration(wholeSeconds(wallMs - phase.elapsedMs))}`
  return `wears out for ${formatDuration(wholeSeconds(wearOut.sinceMs))}`
}

export function wholeSeconds(ms: number): number {
  return Math.max(1000, Math.round(ms / 1000) * 1000)
}

export function repeatText({ repeat, repeats }: LiveState): string | null {
  return repeats > 1 ? `repeat ${repeat} of ${repeats}` : null
}
