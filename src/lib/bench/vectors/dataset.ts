import { createHash } from 'node:crypto'
import { UsageError } from '../../platform/errors.js'
import { Rng } from '../rng.js'
import { readVectorSet } from './file-dataset.js'
import type { VectorPlan } from './plan.js'

/** Rows of equal length, one after the other. In shared memory, so that threads read it without a copy. */
export interface Matrix {
  /** rows × dim */
  data: Float32Array
  rows: number
  dim: number
}

export interface Dataset {
  /** `clustered 10000 x 384, seed 1` */
  description: string
  base: Matrix
  queries: Matrix
  /** sha256 over shapes and bytes of both. */
  hash: string
}

/**
 * Clusters are tight enough for an index to find its way and wide enough for neighbours to be a question: independent gaussian data
 * has no near neighbours at all, and its recall says nothing about real embeddings.
 */
const VECTORS_PER_CENTRE = 50
const CENTRES = { fewest: 10, most: 200 }
const CLUSTER_WIDTH = 0.5

/** The same for the same plan on every machine. @throws UsageError when a file doesn't fit the plan */
export async function makeDataset(plan: VectorPlan): Promise<Dataset> {
  const { dataset } = plan
  const { base, queries } =
    dataset.kind === 'file'
      ? await readVectorSet(dataset, plan.queries)
      : generate(dataset, plan.queries)
  if (plan.k > base.rows)
    throw new UsageError(`k is ${plan.k}, but the data set has only ${base.rows} vectors`)
  const name = dataset.kind === 'file' ? dataset.path : dataset.kind
  return {
    description: `${name} ${base.rows} x ${base.dim}, seed ${dataset.seed}`,
    base,
    queries,
    hash: hashOf(base, queries),
  }
}

export function emptyMatrix(rows: number, dim: number): Matrix {
  return { data: new Float32Array(new SharedArrayBuffer(rows * dim * 4)), rows, dim }
}

export function rowOf({ data, dim }: Matrix, row: number): Float32Array {
  return data.subarray(row * dim, (row + 1) * dim)
}

function generate(
  { kind, vectors, dim, seed }: Exclude<VectorPlan['dataset'], { kind: 'file' }>,
  queryCount: number,
): { base: Matrix; queries: Matrix } {
  const base = emptyMatrix(vectors, dim)
  const queries = emptyMatrix(queryCount, dim)
  if (kind === 'iid') {
    fill(base, new Rng(seed, 'base'), null)
    fill(queries, new Rng(seed, 'queries'), null)
  } else {
    const { fewest, most } = CENTRES
    const count = Math.min(most, Math.max(fewest, Math.round(vectors / VECTORS_PER_CENTRE)))
    const centres = emptyMatrix(count, dim)
    fill(centres, new Rng(seed, 'centres'), null)
    fill(base, new Rng(seed, 'base'), centres)
    fill(queries, new Rng(seed, 'queries'), centres)
  }
  return { base, queries }
}

/** Gaussian rows, around a centre each drawn at random where there are any. */
function fill({ data, rows, dim }: Matrix, rng: Rng, centres: Matrix | null): void {
  for (let row = 0, at = 0; row < rows; row++) {
    const centre = centres && rowOf(centres, rng.integer(centres.rows))
    for (let i = 0; i < dim; i++, at++)
      data[at] = centre ? centre[i] + CLUSTER_WIDTH * rng.gaussian() : rng.gaussian()
  }
}

function hashOf(...matrices: readonly Matrix[]): string {
  const hash = createHash('sha256')
  for (const { data, rows, dim } of matrices) {
    hash.update(`${rows} x ${dim} float32\n`)
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
  return hash.digest('hex')
}
