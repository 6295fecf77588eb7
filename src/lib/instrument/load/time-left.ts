/** What is known of a worker's part of a repeat before it begins. */
export interface RepeatShape {
  /** Of all workers, milliseconds from the start, ascending; null in a closed loop. */
  dueMs: Float64Array | null
  /** Requests of all workers. */
  count: number
  /** No request is sent after this; null when only the count ends it. */
  durationMs: number | null
  /** Workers that share it evenly. */
  workers: number
}

/** How far it has come. */
export interface Done {
  elapsedMs: number
  /** Requests that ended, of this worker. */
  ended: number
  /** Of each request that is in flight: the share of its response that has come, 0 to 1, and how long ago it was sent. */
  inFlight: readonly { share: number; ageMs: number }[]
  /** Times from send to end so far; null before the first end. */
  e2eMs: { mean: number; longest: number } | null
}

/** The end-to-end time of the first so many is taken for that of an idle server. */
const FIRST = 20
/** Before so many of these times have passed nobody can tell a queue from the usual number in flight. */
const SETTLED = 3
/** A shortfall of responses is a queue when chance would seldom make one as large. */
const SIGMAS = 3

/**
 * How long a repeat will take yet. An open loop ends with its schedule and the responses after it, unless those come more slowly than
 * requests: then they decide. A closed loop ends when it is told to, or as fast as responses come; those on their way count by the part
 * that has come, so that requests in lock step don't make it jump.
 */
export class TimeLeft {
  readonly #shape: RepeatShape
  #idleE2eMs: number | null = null
  /** Past looks, for the rate of responses lately. */
  readonly #looks: Look[] = [{ atMs: 0, work: 0, due: 0 }]

  constructor(shape: RepeatShape) {
    this.#shape = shape
  }

  /** Milliseconds; null when there is nothing to tell it by. To be asked once for each look. */
  at(done: Done): number | null {
    const { ended, inFlight, elapsedMs, e2eMs } = done
    const work = ended + inFlight.reduce((sum, { share }) => sum + share, 0)
    if (this.#idleE2eMs === null && ended >= FIRST) this.#idleE2eMs = e2eMs!.mean
    const now = { atMs: elapsedMs, work, due: this.#dueBy(elapsedMs) }
    const left = this.#shape.dueMs ? this.#open(done, now) : this.#closed(done, work)
    this.#looks.push(now)
    return left === null ? null : Math.max(0, left)
  }

  #open({ elapsedMs, inFlight, e2eMs }: Done, now: Look): number | null {
    const { dueMs, count, workers } = this.#shape
    const scheduleMs = (dueMs!.at(-1) ?? 0) - elapsedMs
    const lately = this.#looks.findLast(({ atMs }) => atMs <= (elapsedMs * 2) / 3)!
    const perMs = (now.work - lately.work) / (now.atMs - lately.atMs)
    const byResponses = perMs > 0 ? (count / workers - now.work) / perMs : null
    if (scheduleMs <= 0)
      return byResponses && Math.max(byResponses, lastResponsesMs(e2eMs, inFlight))
    const bySchedule = scheduleMs + (e2eMs ? (e2eMs.mean + e2eMs.longest) / 2 : 0)
    const arrived = now.due - lately.due
    const isBehind = arrived - (now.work - lately.work) > SIGMAS * Math.sqrt(arrived)
    const isSettled = this.#idleE2eMs !== null && elapsedMs > SETTLED * this.#idleE2eMs
    return isSettled && isBehind ? Math.max(bySchedule, byResponses ?? 0) : bySchedule
  }

  #closed({ elapsedMs, ended, inFlight, e2eMs }: Done, work: number): number | null {
    const { count, durationMs, workers } = this.#shape
    const tailMs = lastResponsesMs(e2eMs, inFlight)
    const own = count / workers
    const byWork = work > 0 ? ((own - work) / work) * elapsedMs : null
    const isAllSent = ended + inFlight.length >= own - 1
    // The last ones end one by one, with less and less beside them.
    const restMs = e2eMs ? e2eMs.longest - e2eMs.mean / 2 : 0
    const byCount = byWork && (isAllSent ? Math.max(byWork, tailMs) : byWork + restMs)
    if (durationMs === null) return byCount
    const byTime = elapsedMs < durationMs ? durationMs - elapsedMs + (e2eMs?.mean ?? 0) : tailMs
    return Math.min(byTime, byCount ?? Infinity)
  }

  /** Of this worker's requests, so many were due. */
  #dueBy(elapsedMs: number): number {
    const { dueMs, workers } = this.#shape
    if (!dueMs) return 0
    let [low, high] = [0, dueMs.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (dueMs[middle] <= elapsedMs) low = middle + 1
      else high = middle
    }
    return low / workers
  }
}

interface Look {
  atMs: number
  /** Requests that ended, and the parts of those in flight. */
  work: number
  due: number
}

/** Of what is in flight, the request that was sent last may take as long as any did. */
function lastResponsesMs(e2eMs: Done['e2eMs'], inFlight: Done['inFlight']): number {
  const youngestMs = Math.min(...inFlight.map(({ ageMs }) => ageMs))
  return e2eMs && inFlight.length > 0 ? Math.max(0, e2eMs.longest - youngestMs) : 0
}
