import type { Dataset } from './dataset.js'

export type Space = 'cosine' | 'l2' | 'ip'

/** Exact distances between queries and base vectors, as Chroma defines them: 1 − cos, squared Euclid, 1 − dot product. */
export class Distances {
  readonly #dataset: Dataset
  readonly #space: Space
  /** Squared lengths of the base vectors and of the queries. */
  readonly #base: Float64Array
  readonly #queries: Float64Array

  constructor(dataset: Dataset, space: Space) {
    this.#dataset = dataset
    this.#space = space
    this.#base = squaredLengths(dataset.base, dataset.dim)
    this.#queries = squaredLengths(dataset.queries, dataset.dim)
  }

  between(query: number, vector: number): number {
    const { base, queries, dim } = this.#dataset
    const dot = dotProduct(queries, query * dim, base, vector * dim, dim)
    switch (this.#space) {
      case 'cosine':
        return 1 - dot / Math.sqrt(this.#queries[query] * this.#base[vector])
      case 'l2':
        return this.#queries[query] + this.#base[vector] - 2 * dot
      case 'ip':
        return 1 - dot
    }
  }
}

/** Four sums at once keep the processor's pipelines full. */
function dotProduct(
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

function squaredLengths(data: Float32Array, dim: number): Float64Array {
  return Float64Array.from({ length: data.length / dim }, (_, row) =>
    dotProduct(data, row * dim, data, row * dim, dim),
  )
}
