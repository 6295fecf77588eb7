import { createHash } from 'node:crypto'
import { UsageError } from '../../platform/errors.js'
import { formatCount } from '../../platform/units.js'
import { Rng } from '../rng.js'
import { readVectors } from './formats.js'
import type { VectorPlan } from './plan.js'

/** What is ingested and what is asked. */
export interface Dataset {
  /** For people: `clustered 10 000 × 384 (seed 1)`. */
  name: string
  count: number
  dim: number
  /** Row-major. */
  base: Float32Array
  queryCount: number
  queries: Float32Array
  /** sha256 of base and queries. */
  hash: string
}

/** Points of a cluster lie this far from its centre, where centres lie at 1. */
const CLUSTER_SPREAD = 0.3

/**
 * `clustered` looks like embeddings: neighbours are near and an index can find them. `iid` is the worst case for any index: in many
 * dimensions all points are about equally far. From a file, the last rows are the queries.
 */
export async function loadDataset(plan: VectorPlan): Promise<Dataset> {
  const { dataset } = plan
  const made = dataset.kind === 'file' ? await fromFile(plan) : generate(plan)
  const hash = createHash('sha256')
    .update(bytesOf(made.base))
    .update(bytesOf(made.queries))
    .digest('hex')
  return { ...made, hash }
}

type Unhashed = Omit<Dataset, 'hash'>

function generate({ dataset, queries: queryCount }: VectorPlan): Unhashed {
  if (dataset.kind === 'file') throw new Error('not generated')
  const { kind, vectors: count, dim, seed } = dataset
  const fill = kind === 'clustered' ? clusteredFiller(count, dim, seed) : normalFiller(seed)
  return {
    name: `${kind} ${formatCount(count)} × ${dim} (seed ${seed})`,
    count,
    dim,
    base: fill(count * dim, dim, 'base'),
    queryCount,
    queries: fill(queryCount * dim, dim, 'queries'),
  }
}

type Filler = (length: number, dim: number, stream: string) => Float32Array

function normalFiller(seed: number): Filler {
  return (length, _dim, stream) => {
    const rng = new Rng(seed, `iid/${stream}`)
    const data = new Float32Array(length)
    for (let i = 0; i < length; i++) data[i] = rng.normal()
    return data
  }
}

/** About 50 points to a cluster, 10 to 200 clusters. */
function clusteredFiller(count: number, dim: number, seed: number): Filler {
  const clusters = Math.min(200, Math.max(10, Math.round(count / 50)))
  const centres = normalFiller(seed)(clusters * dim, dim, 'centres')
  return (length, _dim, stream) => {
    const rng = new Rng(seed, `clustered/${stream}`)
    const data = new Float32Array(length)
    for (let row = 0; row < length; row += dim) {
      const centre = rng.below(clusters) * dim
      for (let d = 0; d < dim; d++)
        data[row + d] = centres[centre + d] + CLUSTER_SPREAD * rng.normal()
    }
    return data
  }
}

async function fromFile({ dataset, queries: wanted }: VectorPlan): Promise<Unhashed> {
  if (dataset.kind !== 'file') throw new Error('not a file')
  const { path, vectors, dim } = dataset
  const file = await readVectors(path, vectors === undefined ? Infinity : vectors + wanted)
  if (dim !== undefined && dim !== file.dim)
    throw new UsageError(`${path} has ${file.dim} dimensions, not ${dim}`, {
      code: 'AIB_VECTOR_FILE',
      hints: [`aibench chroma bench --dataset ${path} --dim ${file.dim}`],
    })
  const queryCount = Math.min(wanted, Math.max(1, Math.floor(file.count / 10)))
  const count = Math.min(vectors ?? Infinity, file.count - queryCount)
  if (count < 1)
    throw new UsageError(`${path} has ${file.count} rows: too few`, { code: 'AIB_VECTOR_FILE' })
  return {
    name: `${path} ${formatCount(count)} × ${file.dim}`,
    count,
    dim: file.dim,
    base: file.data.subarray(0, count * file.dim),
    queryCount,
    queries: file.data.slice((file.count - queryCount) * file.dim),
  }
}

export function bytesOf(data: Float32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
