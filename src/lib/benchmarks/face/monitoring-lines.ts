import type { Envelope } from '../../instrument/measure/envelope.js'
import { formatBytes, formatDuration, formatLatency, formatNumber } from '../../platform/units.js'

/** `--observer`: what the monitors cost while it ran; none where it was not asked for. */
export function monitoringParts({ monitors }: Pick<Envelope, 'monitors'>): string[] {
  const cost = monitors?.cost
  if (!cost) return []
  const total = cost.programs.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)
  return [
    `${share(total, cost.seconds)} of a core over ${formatDuration(cost.seconds * 1000)}`,
    ...cost.programs.map(
      ({ program, cpuSeconds, maxRssBytes }) =>
        `${program} ${share(cpuSeconds, cost.seconds)}${maxRssBytes === null ? '' : `, ${formatBytes(maxRssBytes)}`}`,
    ),
    ...cost.scrapes.map(
      ({ page, meanS, maxS }) =>
        `scrapes of ${page} ${formatLatency(meanS * 1000)} mean, ${formatLatency(maxS * 1000)} max`,
    ),
  ]
}

function share(cpuSeconds: number, seconds: number): string {
  return `${formatNumber((100 * cpuSeconds) / seconds)} %`
}
