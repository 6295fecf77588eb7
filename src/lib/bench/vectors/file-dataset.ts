import { basename, dirname, join } from 'node:path'
import { UsageError } from '../../platform/errors.js'
import { exists } from '../../platform/files.js'
import { Rng } from '../rng.js'
import { emptyMatrix, rowOf, type Matrix } from './dataset.js'
import { readVectors } from './formats.js'
import type { VectorPlan } from './plan.js'

/**
 * Base vectors from a file. The queries come from the file beside it that has `query` where this one has `base` in its name, as the
 * public collections are laid out; without one, rows are drawn by the seed and held out of the base.
 * A neighbours' file beside it is not read: the truth is computed, so that it fits the metric and the bounds of this very run.
 * @throws UsageError when a file is missing, broken, or has other dimensions than asked for
 */
export async function readVectorSet(
  dataset: Extract<VectorPlan['dataset'], { kind: 'file' }>,
  queryCount: number,
): Promise<{ base: Matrix; queries: Matrix }> {
  const { path, vectors, dim, seed } = dataset
  const queryPath = join(dirname(path), basename(path).replace('base', 'query'))
  const beside = queryPath !== path && (await exists(queryPath))
  const wanted = vectors === undefined ? undefined : vectors + (beside ? 0 : queryCount)
  const base = await readVectors(path, wanted)
  if (dim !== undefined && base.dim !== dim)
    throw new UsageError(`${path} has ${base.dim} dimensions, not ${dim}`, {
      hints: [`aibench chroma bench --dataset ${path} --dim ${base.dim}`],
    })
  if (!beside) return holdOut(path, base, queryCount, vectors, seed)
  const queries = await readVectors(queryPath, queryCount)
  if (queries.dim !== base.dim)
    throw new UsageError(
      `The queries have ${queries.dim} dimensions, the vectors ${base.dim}: ${queryPath}`,
    )
  enough(path, base.rows, vectors ?? 1)
  return { base, queries }
}

function holdOut(
  path: string,
  all: Matrix,
  queryCount: number,
  vectors: number | undefined,
  seed: number,
): { base: Matrix; queries: Matrix } {
  enough(path, all.rows, (vectors ?? 1) + queryCount)
  const held = new Set<number>()
  const rng = new Rng(seed, 'held out')
  while (held.size < queryCount) held.add(rng.integer(all.rows))
  const queries = emptyMatrix(queryCount, all.dim)
  const base = emptyMatrix(vectors ?? all.rows - queryCount, all.dim)
  let toQueries = 0
  let toBase = 0
  for (let row = 0; row < all.rows; row++) {
    const target = held.has(row) ? queries : base
    const at = held.has(row) ? toQueries++ : toBase++
    target.data.set(rowOf(all, row), at * all.dim)
  }
  return { base, queries }
}

function enough(path: string, rows: number, needed: number): void {
  if (rows >= needed) return
  throw new UsageError(`${path} holds ${rows} vectors, but ${needed} are needed`, {
    hints: ['fewer with --vectors and --queries'],
  })
}
