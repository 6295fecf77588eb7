/**
 * Milliseconds of the machine's monotonic clock, the same for every process on it: `Number(process.hrtime.bigint()) / 1e6` elsewhere.
 * `performance.now()` reads that clock without making a bigint, but counts from the start of its own process.
 */
export const monotonicMs = (): number => performance.now() + ORIGIN_MS

/** Of several tries the largest: the clock goes on between the two readings. */
const ORIGIN_MS = Math.max(
  ...Array.from({ length: 5 }, () => Number(process.hrtime.bigint()) / 1e6 - performance.now()),
)
