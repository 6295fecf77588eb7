export type Space = 'cosine' | 'l2' | 'ip'

/** Vectors and the queries that are asked of them, row-major. */
export interface VectorSet {
  base: Float32Array
  count: number
  queries: Float32Array
  queryCount: number
  dim: number
}

/** Exact distances between queries and base vectors. */
export class Distances {
  readonly #set: VectorSet
  readonly #space: Space
  /** Squared lengths of the base vectors and of the queries. */
  readonly #base: Float64Array
  readonly #queries: Float64Array

  constructor(set: VectorSet, space: Space) {
    this.#set = set
    this.#space = space
    this.#base = squaredLengths(set.base, set.dim)
    this.#queries = squaredLengths(set.queries, set.dim)
  }

  between(query: number, vector: number): number {
    const { base, queries, dim } = this.#set
    const dot = dotProduct(queries, query * dim, base, vector * dim, dim)
    return distanceFromDot(this.#space, dot, this.#queries[query], this.#base[vector])
  }
}

/** 1 − cos, squared Euclid, 1 − dot product: the smaller the nearer. @param squaredA of one vector's length, `squaredB` of the other's */
export function distanceFromDot(
  space: Space,
  dot: number,
  squaredA: number,
  squaredB: number,
): number {
  switch (space) {
    case 'cosine':
      return 1 - dot / Math.sqrt(squaredA * squaredB)
    case 'l2':
      return squaredA + squaredB - 2 * dot
    case 'ip':
      return 1 - dot
  }
}

/** Four sums at once keep the processor's pipelines full. */
export function dotProduct(
  a: Float32Array,
  atA: number,
  b: Float32Array,
  atB: number,
  dim: number,
): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0]
  let d = 0
  for (; d + 3 < dim; d += 4) {
    s0 += a[atA + d] * b[atB + d]
    s1 += a[atA + d + 1] * b[atB + d + 1]
    s2 += a[atA + d + 2] * b[atB + d + 2]
    s3 += a[atA + d + 3] * b[atB + d + 3]
  }
  for (; d < dim; d++) s0 += a[atA + d] * b[atB + d]
  return s0 + s1 + s2 + s3
}

export function squaredLengths(data: Float32Array, dim: number): Float64Array {
  const squared = new Float64Array(data.length / dim)
  for (let row = 0; row < squared.length; row++)
    squared[row] = dotProduct(data, row * dim, data, row * dim, dim)
  return squared
}
