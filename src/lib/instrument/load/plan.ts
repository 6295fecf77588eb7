import * as v from 'valibot'

const positive = v.pipe(v.number(), v.minValue(0.000_001))
const count = v.pipe(v.number(), v.integer(), v.minValue(1))

export const ARRIVALS = ['poisson', 'constant', 'gamma'] as const

/**
 * Open loops only: what is due while so many are in flight waits in the client and leaves in order, as behind a gateway with a limit. From
 * the send the server then looks fast; what a user waits is in the figures from the schedule.
 */
const maxInFlight = v.optional(v.nullable(count), null)

/** How requests arrive. Open loops have a schedule; the closed loop has so many requests in flight. */
export const LoadPlanSchema = v.variant('kind', [
  v.object({ kind: v.literal('concurrency'), concurrency: count }),
  v.object({
    kind: v.literal('rate'),
    ratePerSecond: positive,
    arrival: v.picklist(ARRIVALS),
    /** Of gamma: 1 is Poisson, below 1 burstier, above 1 more even. */
    burstiness: positive,
    maxInFlight,
  }),
  /** All at once. */
  v.object({ kind: v.literal('burst') }),
  /** Linear from one rate to another, Poisson. */
  v.object({
    kind: v.literal('ramp'),
    fromPerSecond: positive,
    toPerSecond: positive,
    overMs: positive,
    maxInFlight,
  }),
  /** By the times of the trace, so many times as fast. */
  v.object({ kind: v.literal('trace'), speed: positive, maxInFlight }),
])
export type LoadPlan = v.InferOutput<typeof LoadPlanSchema>
