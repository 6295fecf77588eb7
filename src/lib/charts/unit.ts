import { formatNumber } from '../platform/units.js'

/** In what a chart counts, always in base units: seconds, bytes, watts, shares of 1. */
export type Unit =
  | 'count'
  | 'ratio'
  | 'seconds'
  | 'bytes'
  | 'bytes/s'
  | 'requests/s'
  | 'queries/s'
  | 'tokens/s'
  | 'tokens'
  | 'tokens/J'
  | 'operations/s'
  | 'events/s'
  | 'samples/s'
  | 'cores'
  | 'watts'
  | 'joules'
  | 'hertz'
  | 'celsius'

/** A step on the way from nanoseconds to hours: what a value is divided by, and what is then written behind it. */
export interface Scale {
  divisor: number
  suffix: string
}

const steps = (...pairs: [number, string][]): Scale[] =>
  pairs.map(([divisor, suffix]) => ({ divisor, suffix }))

const binary = (end: string): Scale[] =>
  steps(
    [1, ` B${end}`],
    [2 ** 10, ` KiB${end}`],
    [2 ** 20, ` MiB${end}`],
    [2 ** 30, ` GiB${end}`],
    [2 ** 40, ` TiB${end}`],
  )
const metric = (end: string): Scale[] =>
  steps([1, ` ${end}`], [1e3, ` k${end}`], [1e6, ` M${end}`], [1e9, ` G${end}`])
const plain = steps([1, ''], [1e3, ' k'], [1e6, ' M'], [1e9, ' G'], [1e12, ' T'])

const SCALES: Readonly<Record<Unit, readonly Scale[]>> = {
  count: plain,
  tokens: plain,
  cores: plain,
  'requests/s': plain,
  'queries/s': plain,
  'tokens/s': plain,
  'tokens/J': plain,
  'operations/s': plain,
  'events/s': plain,
  'samples/s': plain,
  ratio: steps([0.01, ' %']),
  seconds: steps(
    [1e-9, ' ns'],
    [1e-6, ' µs'],
    [1e-3, ' ms'],
    [1, ' s'],
    [60, ' min'],
    [3600, ' h'],
  ),
  bytes: binary(''),
  'bytes/s': binary('/s'),
  watts: metric('W'),
  joules: metric('J'),
  hertz: metric('Hz'),
  celsius: steps([1, ' °C']),
}

/** What is said of the unit once, above a chart; empty where each value says it. */
export function unitWord(unit: Unit): string {
  return SCALES[unit] === plain && unit !== 'count' ? unit : ''
}

/** The largest step that leaves a value of at least 1: seconds as ms below a second, as minutes from ten minutes on. */
export function scaleOf(unit: Unit, largest: number): Scale {
  const [first, ...rest] = SCALES[unit]
  const size = Math.abs(largest)
  // 1 800 reads better than 1.8 k, and 90 s better than 1.5 min: prefixes that are no power of 1000 of a small unit come late.
  const slack = (scale: Scale): number => {
    if (SCALES[unit] === plain) return scale.divisor === 1e3 ? 10 : 1
    return unit === 'seconds' && scale.divisor >= 60 ? 10 : 1
  }
  if (size === 0) return unit === 'seconds' ? SCALES.seconds[3] : first
  return rest.findLast((scale) => size >= scale.divisor * slack(scale)) ?? first
}

/** `850 µs`, `1.20 GiB`, `37.5 %`, `1 512`: three significant digits in the unit that suits the value. */
export function valueText(unit: Unit, value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) return '–'
  const { divisor, suffix } = scaleOf(unit, value)
  const scaled = Number((value / divisor).toPrecision(3))
  const isWhole = Math.abs(scaled) < 1000 && Number.isInteger(scaled)
  return (isWhole ? String(scaled) : formatNumber(scaled)) + suffix
}
