import * as v from 'valibot'

/** Of a result: what every kind tells of a search for the highest rate, and with it its own figures of a step. */
export function searchResult<Own extends v.ObjectEntries>(own: Own) {
  return v.object({
    maxRatePerSecond: v.nullable(v.number()),
    /** What ended it: the server's limit, the client's, or neither. */
    boundBy: v.picklist(['server', 'client', 'none']),
    steps: v.array(
      v.object({
        ratePerSecond: v.number(),
        /** Every threshold held. */
        met: v.boolean(),
        /** The client was fine: the step counts. */
        valid: v.boolean(),
        verdict: v.optional(v.picklist(['ok', 'threshold-missed', 'late', 'client-bound']), 'ok'),
        /** Why it does not count, or what was missed; null when all held. */
        reason: v.optional(v.nullable(v.string()), null),
        requests: v.optional(v.number(), 0),
        /** Answers a second of the step. Its Poisson draw has a few more or fewer arrivals than the rate says. */
        achievedPerSecond: v.number(),
        ...own,
      }),
    ),
  })
}
