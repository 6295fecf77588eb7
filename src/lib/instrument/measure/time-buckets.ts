/** From bucket to bucket: what is read out of one is off by no more than its width. */
const GROWTH = 1.05
const [LEAST_S, MOST_S] = [1e-4, 1e3]
const STEP = Math.log(GROWTH)

/** Upper bounds in seconds, ascending: 0.1 ms to 1000 s. */
export const TIME_BOUNDS_S: readonly number[] = Array.from(
  { length: Math.ceil(Math.log(MOST_S / LEAST_S) / STEP) + 1 },
  (_, i) => Number(Math.min(MOST_S, LEAST_S * GROWTH ** i).toPrecision(5)),
)

/** Of some times: in which bucket, how many; the last bucket is for what is beyond all bounds. */
export interface BucketGrowth {
  counts: [bucket: number, count: number][]
  sumS: number
}

/** The first bucket of which the bound is not below. */
export function bucketOf(ms: number): number {
  const seconds = ms / 1000
  if (seconds <= LEAST_S) return 0
  if (seconds > MOST_S) return TIME_BOUNDS_S.length
  // Bounds are rounded, and so is the logarithm.
  let at = Math.min(TIME_BOUNDS_S.length - 1, Math.ceil(Math.log(seconds / LEAST_S) / STEP))
  while (at > 0 && seconds <= TIME_BOUNDS_S[at - 1]) at--
  while (seconds > TIME_BOUNDS_S[at]) at++
  return at
}

/** Counts times, and gives what was counted since it was asked last. */
export class TimeBuckets {
  #counts = new Map<number, number>()
  #sumMs = 0

  add(ms: number, weight = 1): void {
    if (!(ms >= 0)) return
    const bucket = bucketOf(ms)
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + weight)
    this.#sumMs += ms * weight
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0
  }

  take(): BucketGrowth {
    const growth = { counts: [...this.#counts], sumS: this.#sumMs / 1000 }
    this.#counts = new Map()
    this.#sumMs = 0
    return growth
  }
}
