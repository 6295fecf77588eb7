/** Durations and numbers as people and Slurm write them. */

const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * Reads `90s`, `1h30m`, `250ms`, `2d`, a bare number of seconds, or Slurm's `MM:SS`, `HH:MM:SS`, `D-HH[:MM[:SS]]`.
 * @returns milliseconds, or undefined when it is none of these
 */
export function parseDurationMs(text: string): number | undefined {
  const trimmed = text.trim().toLowerCase()
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed) * 1000
  if (/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(trimmed)) {
    let total = 0
    for (const [, number, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
      total += Number(number) * UNIT_MS[unit]
    return total
  }
  return parseSlurmTimeMs(trimmed)
}

/** A wall time as sbatch's --time takes it, where a bare number is minutes; besides, all that {@link parseDurationMs} reads. */
export function parseWallTimeMs(text: string): number | undefined {
  const bare = /^\d+(\.\d+)?$/.test(text.trim())
  return bare ? parseSlurmTimeMs(text.trim()) : parseDurationMs(text)
}

/** Reads Slurm's time formats; `UNLIMITED`, `INVALID` and everything else are undefined. Source: sbatch(1), --time. */
export function parseSlurmTimeMs(text: string): number | undefined {
  const match = /^(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?$/.exec(text)
  if (!match) return undefined
  const [, days, a, b, c] = match.map((part) => (part === undefined ? undefined : Number(part)))
  if (days !== undefined) return (((days * 24 + a!) * 60 + (b ?? 0)) * 60 + (c ?? 0)) * 1000
  if (c !== undefined) return ((a! * 60 + b!) * 60 + c) * 1000
  if (b !== undefined) return (a! * 60 + b) * 1000
  return a! * 60_000
}

/** Writes `D-HH:MM:SS` or `HH:MM:SS`, rounded up to a second, as sbatch's --time wants it. */
export function formatSlurmTime(ms: number): string {
  const total = Math.ceil(ms / 1000)
  const days = Math.floor(total / 86_400)
  const two = (n: number) => String(n).padStart(2, '0')
  const clock = [Math.floor(total / 3600) % 24, Math.floor(total / 60) % 60, total % 60].map(two)
  return (days > 0 ? `${days}-` : '') + clock.join(':')
}

/** As {@link parseDurationMs} reads it, in the largest unit that leaves no rest: `10m`, `90s`, `250ms`. */
export function durationText(ms: number): string {
  const [unit, size] = Object.entries(UNIT_MS).findLast(([, size]) => ms % size === 0) ?? ['ms', 1]
  return ms === 0 ? '0s' : `${ms / size}${unit}`
}

/** `0.3 s`, `12 s`, `2m10s`, `1h12m`, `3d4h`: the two largest parts that matter. */
export function formatDuration(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const pair = (big: number, bigUnit: string, small: number, smallUnit: string) =>
    `${big}${bigUnit}` + (small ? `${String(small).padStart(2, '0')}${smallUnit}` : '')
  if (seconds < 3600) return pair(Math.floor(seconds / 60), 'm', seconds % 60, 's')
  const minutes = Math.floor(seconds / 60)
  if (minutes < 1440) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'm')
  const hours = Math.floor(minutes / 60)
  return `${Math.floor(hours / 24)}d` + (hours % 24 ? `${hours % 24}h` : '')
}

/** An estimate: `4 s`, `2m10s`; tenths of a second would be more than it knows. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds))
  return whole < 10 ? `${whole} s` : formatDuration(whole * 1000)
}

/** Three significant digits, thousands apart by a narrow blank: `0.612`, `5.50`, `1 510`, `10 000`. */
export function formatNumber(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return '–'
  if (value === 0) return '0'
  const magnitude = Math.floor(Math.log10(Math.abs(value)))
  const rounded = magnitude >= digits ? roundTo(value, magnitude - digits + 1) : value
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(rounded))))
  return groupThousands(rounded.toFixed(Math.min(decimals, 6)))
}

/** A whole number with its thousands apart: `10 000`. */
export function formatCount(value: number): string {
  return groupThousands(String(Math.round(value)))
}

/** ms below 10 s, seconds above: `0.62 ms`, `18.5 ms`, `12.3 s`. */
export function formatLatency(ms: number): string {
  return ms < 10_000 ? `${formatNumber(ms)} ms` : `${formatNumber(ms / 1000)} s`
}

/** `23.1 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024
  return `${formatNumber(value)} ${units[unit]}`
}

function roundTo(value: number, power: number): number {
  const step = 10 ** power
  return Math.round(value / step) * step
}

function groupThousands(digits: string): string {
  const [whole, fraction] = digits.split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ' ')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}
