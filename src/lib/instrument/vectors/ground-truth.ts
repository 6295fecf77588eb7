import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Dataset } from './dataset.js'
import { Distances, type Space } from './distance.js'

/** The exact k nearest neighbours of every query. */
export interface GroundTruth {
  k: number
  /** `queryCount × k`, nearest first. */
  ids: Int32Array
  /** Distance of the k-th neighbour, a query each: what is no farther counts as found. */
  kthDistance: Float64Array
}

/** Brute force, or from the cache when the very same data was searched before. */
export async function groundTruthOf(
  dataset: Dataset,
  distances: Distances,
  { k, space, cacheDir }: { k: number; space: Space; cacheDir: string },
): Promise<GroundTruth> {
  const key = createHash('sha256').update(`${dataset.hash}/${k}/${space}/1`).digest('hex')
  const path = join(cacheDir, `${key}.bin`)
  const cached = await readCache(path, dataset.queryCount, k)
  if (cached) return cached
  const truth = search(dataset, distances, k)
  // A cache that can't be written costs the next run some seconds, no more.
  await writeCache(path, cacheDir, truth).catch(() => undefined)
  return truth
}

/** Exhaustive: four queries and two vectors at a time, the rest one by one. */
export function search(dataset: Dataset, distances: Distances, k: number): GroundTruth {
  const { queryCount, count } = dataset
  const ids = new Int32Array(queryCount * k).fill(-1)
  const best = new Float64Array(queryCount * k).fill(Infinity)
  const consider = (distance: number, query: number, vector: number) => {
    if (distance < best[query * k + k - 1]) insert(best, ids, query * k, k, distance, vector)
  }
  const eight = new Float64Array(8)
  const [blockQueries, blockVectors] = [queryCount - (queryCount % 4), count - (count % 2)]
  for (let v = 0; v < blockVectors; v += 2)
    for (let q = 0; q < blockQueries; q += 4) {
      distances.block(q, v, eight)
      for (let i = 0; i < 8; i++) consider(eight[i], q + (i & 3), v + (i >> 2))
    }
  for (let q = 0; q < queryCount; q++)
    for (let v = q < blockQueries ? blockVectors : 0; v < count; v++)
      consider(distances.between(q, v), q, v)
  const kthDistance = new Float64Array(queryCount)
  for (let q = 0; q < queryCount; q++) kthDistance[q] = best[q * k + Math.min(k, count) - 1]
  return { k, ids, kthDistance }
}

function insert(
  best: Float64Array,
  ids: Int32Array,
  from: number,
  k: number,
  distance: number,
  id: number,
): void {
  let at = from + k - 1
  for (; at > from && best[at - 1] > distance; at--) {
    best[at] = best[at - 1]
    ids[at] = ids[at - 1]
  }
  best[at] = distance
  ids[at] = id
}

/** sha256 of the rest, then the ids, then the distances. */
async function writeCache(
  path: string,
  folder: string,
  { ids, kthDistance }: GroundTruth,
): Promise<void> {
  const body = Buffer.concat([Buffer.from(ids.buffer), Buffer.from(kthDistance.buffer)])
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = `${path}.${process.pid}`
  await writeFile(draft, Buffer.concat([createHash('sha256').update(body).digest(), body]), {
    mode: 0o600,
  })
  await rename(draft, path)
}

async function readCache(
  path: string,
  queryCount: number,
  k: number,
): Promise<GroundTruth | undefined> {
  const file = await readFile(path).catch(() => undefined)
  const idBytes = queryCount * k * 4
  if (file?.length !== 32 + idBytes + queryCount * 8) return undefined
  const body = file.subarray(32)
  if (!createHash('sha256').update(body).digest().equals(file.subarray(0, 32))) return undefined
  const copy = body.buffer.slice(body.byteOffset, body.byteOffset + body.length) as ArrayBuffer
  return {
    k,
    ids: new Int32Array(copy, 0, queryCount * k),
    kthDistance: new Float64Array(copy.slice(idBytes)),
  }
}
