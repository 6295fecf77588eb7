import type { Space, VectorSet } from '../distance.js'
import { TruthCache } from './cache.js'
import type { GroundTruth } from './contract.js'
import { findNearest, type SearchRequest } from './threads.js'

interface TruthRequest extends Omit<SearchRequest, 'space'> {
  space: Space
  cacheDir: string
}

/** From the cache when the very same data was searched before, or by {@link search}. @throws the signal's reason */
export async function groundTruthOf(
  set: VectorSet & { hash: string },
  { cacheDir, ...request }: TruthRequest,
): Promise<GroundTruth> {
  const cache = new TruthCache(cacheDir)
  const key = `${set.hash}/${request.k}/${request.space}/2`
  const cached = await cache.read(key, { queryCount: set.queryCount, k: request.k })
  if (cached) return cached
  const truth = await search(set, request)
  // A cache that can't be written costs the next run some seconds, no more.
  await cache.write(key, truth).catch(() => undefined)
  return truth
}

/** Exhaustive. @throws the signal's reason */
export async function search(set: VectorSet, request: SearchRequest): Promise<GroundTruth> {
  const { k } = request
  const { ids, distances } = await findNearest(set, request)
  const last = Math.min(k, set.count) - 1
  const kthDistance = Float64Array.from(
    { length: set.queryCount },
    (_, query) => distances[query * k + last],
  )
  return { k, ids, kthDistance }
}
