import type { Resources } from './contract.js'

/** What a stop takes at most, where a service says nothing else: 20 s for the servers, 8 s for their helpers. */
const USUAL_S = 30
/** A job that ends soon is not told to end soon after it began. */
const LARGEST_SHARE = 1 / 5

/** How long before its time limit the script of a job is told to end. Seconds. */
export function warningS({
  timeLimitMs,
  endsWithinS = USUAL_S,
}: Pick<Resources, 'timeLimitMs' | 'endsWithinS'>): number {
  return Math.min(endsWithinS, Math.floor((timeLimitMs / 1000) * LARGEST_SHARE))
}
