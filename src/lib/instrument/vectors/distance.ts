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
    return this.#fromDot(dotProduct(queries, query * dim, base, vector * dim, dim), query, vector)
  }

  /**
   * Eight distances at once, of queries q … q+3 and vectors v, v+1, into `out` (by vector, then by query): every component that is
   * loaded is used more than once, which makes an exhaustive search twice as fast.
   */
  block(query: number, vector: number, out: Float64Array): void {
    const { base, queries, dim } = this.#dataset
    dotBlock(queries, query * dim, base, vector * dim, dim, out)
    for (let i = 0; i < 8; i++) out[i] = this.#fromDot(out[i], query + (i & 3), vector + (i >> 2))
  }

  #fromDot(dot: number, query: number, vector: number): number {
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

/** Four rows of `a` with two of `b`: eight sums. */
function dotBlock(
  a: Float32Array,
  a0: number,
  b: Float32Array,
  b0: number,
  dim: number,
  out: Float64Array,
): void {
  const [a1, a2, a3, b1] = [a0 + dim, a0 + 2 * dim, a0 + 3 * dim, b0 + dim]
  let [s0, s1, s2, s3, t0, t1, t2, t3] = [0, 0, 0, 0, 0, 0, 0, 0]
  for (let d = 0; d < dim; d++) {
    const x0 = a[a0 + d]
    const x1 = a[a1 + d]
    const x2 = a[a2 + d]
    const x3 = a[a3 + d]
    const y = b[b0 + d]
    const z = b[b1 + d]
    s0 += x0 * y
    s1 += x1 * y
    s2 += x2 * y
    s3 += x3 * y
    t0 += x0 * z
    t1 += x1 * z
    t2 += x2 * z
    t3 += x3 * z
  }
  out[0] = s0
  out[1] = s1
  out[2] = s2
  out[3] = s3
  out[4] = t0
  out[5] = t1
  out[6] = t2
  out[7] = t3
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
