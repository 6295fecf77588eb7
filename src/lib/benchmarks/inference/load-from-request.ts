import { workloadOptions } from '../../instrument/inference/plan-options.js'
import type { LoadPlan } from '../../instrument/load/plan.js'
import { partOf, type GivenOf } from '../../options/set.js'
import { UsageError } from '../../platform/errors.js'

const { rate, arrival, burstiness, maxInFlight } = workloadOptions
type Asked = GivenOf<typeof workloadOptions> & { findMaxRate?: boolean }
type RateLoad = Extract<LoadPlan, { kind: 'rate' }>

export const usualLoad: RateLoad = {
  kind: 'rate',
  ratePerSecond: Number(rate.default),
  arrival: arrival.default,
  burstiness: burstiness.default,
  maxInFlight: null,
}

/** The load that was asked for, else the plan's. @throws UsageError naming the flags that can't stand together */
export function loadFrom(base: LoadPlan, asked: Asked, bench: string): LoadPlan {
  refuseTwo(asked, bench)
  const { rate, concurrency, ramp, speed, maxInFlight = null } = asked
  if (concurrency !== undefined) return { kind: 'concurrency', concurrency }
  if (speed !== undefined) return { kind: 'trace', speed, maxInFlight }
  if (ramp !== undefined) return { kind: 'ramp', ...ramp, maxInFlight }
  if (rate === 'inf') return { kind: 'burst' }
  if (rate === undefined && base.kind !== 'rate') return base
  const known = base.kind === 'rate' ? base : usualLoad
  // Burstiness says which arrival is meant.
  const arrival = asked.burstiness === undefined ? known.arrival : 'gamma'
  return {
    ...{ ...known, arrival, ratePerSecond: rate ?? known.ratePerSecond },
    ...partOf(shape, asked),
  }
}

const shape = { arrival, burstiness, maxInFlight }

const LOADS = { rate: 'rate', concurrency: 'concurrency', ramp: 'ramp', speed: 'trace-speed' }

function refuseTwo(asked: Asked, bench: string): void {
  const refused = (message: string, hints?: readonly string[]) =>
    new UsageError(message, { code: 'AIB_LOAD', hints })
  const given = Object.entries(LOADS)
    .filter(([field]) => asked[field as keyof Asked] !== undefined)
    .map(([, flag]) => flag)
  if (given.length > 1)
    throw refused(
      `${given.map((name) => `--${name}`).join(' and ')} exclude each other: give one of them`,
      [
        `${bench} --rate 4           # requests at their own times (open loop)`,
        `${bench} --concurrency 32   # always 32 in flight (closed loop)`,
      ],
    )
  const ofRate = (['arrival', 'burstiness'] as const).find((name) => asked[name] !== undefined)
  if (ofRate && given.length === 1 && given[0] !== 'rate')
    throw refused(`--${ofRate} goes with --rate, not with --${given[0]}`)
  if (asked.burstiness !== undefined && (asked.arrival ?? 'gamma') !== 'gamma')
    throw refused(`--burstiness goes with --arrival gamma, not with ${asked.arrival}`)
  // A rate is where the search begins.
  const other = given.find((name) => name !== 'rate') ?? (asked.rate === 'inf' ? 'rate inf' : null)
  if (asked.findMaxRate && other)
    throw refused(`--find-max-rate searches over rates: leave --${other} out`, [
      `${bench} --find-max-rate --rate 16 --slo 'ttft_p99<500ms'`,
    ])
}
