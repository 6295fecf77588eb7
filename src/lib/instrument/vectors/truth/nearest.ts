import { distanceFromDot, dotProduct, squaredLengths, type Space } from '../distance.js'
import { NearestHeaps } from './heaps.js'
import { GROUP, kernelOn, QUERIES, RECORD_BYTES, STEP, type Kernel } from './kernel.js'

export interface SearchOf {
  /** Row-major. */
  queries: Float32Array
  dim: number
  space: Space
  k: number
  /** `plain`: without WebAssembly. */
  kernel?: 'fastest' | 'plain'
}

/** A block of vectors this large stays in a core's own cache while all queries pass by. */
const BLOCK_BYTES = 256 << 10
const FLOAT = 4
/** Half the distance to the next float32 and float64 from 1: what one rounding errs by at most, relatively. */
const [HALF_ULP, HALF_ULP_64] = [2 ** -24, 2 ** -53]
/** What products and sums lose that are too small for a float32, a component each: far more than that. */
const UNDERFLOW = 2 ** -140
/** Sums above that are not trusted to fit a float32. */
const TOO_LARGE = 1e30

/**
 * Exhaustive search. All products are summed up in float32 first, on vectors scaled to lengths of about 1; what could be among the k
 * nearest, given all that such sums can err by, is computed again in double precision. So the neighbours are those of double precision.
 */
export class NearestSearch {
  readonly #of: SearchOf
  readonly heaps: NearestHeaps
  readonly #scan: Kernel
  readonly #floats: Float32Array
  readonly #words: Int32Array
  /** Squared, of the queries. */
  readonly #lengths: Float64Array
  /** By which a query is multiplied before it is scored, all alike but for angles. */
  readonly #queryScale: number
  /** Components with those of zero that make them a multiple of the kernel's step. */
  readonly #paddedDim: number
  readonly #blockRows: number
  /** Byte offsets: of queries, vectors, starts of sums, thresholds, hits. */
  readonly #at: { vectors: number; start: number; thresholds: number; hits: number }

  constructor(of: SearchOf) {
    this.#of = of
    const { queries, dim, k, kernel } = of
    const queryCount = queries.length / dim
    this.heaps = new NearestHeaps(queryCount, k)
    this.#lengths = squaredLengths(queries, dim)
    const longest = this.#lengths.reduce((a, b) => Math.max(a, b), 0)
    this.#queryScale = inverseRoot(longest)
    this.#paddedDim = roundUp(dim, STEP)
    const rowBytes = this.#paddedDim * FLOAT
    const rows = roundUp(Math.max(1, Math.floor(BLOCK_BYTES / rowBytes)), GROUP)
    this.#blockRows = rows
    const paddedQueries = roundUp(queryCount, QUERIES)
    const vectors = paddedQueries * rowBytes
    const start = vectors + rows * rowBytes
    const thresholds = start + rows * FLOAT
    const hits = roundUp(thresholds + paddedQueries * FLOAT, 16)
    this.#at = { vectors, start, thresholds, hits }
    // A record more: the plain kernel writes before it decides.
    const { memory, scan } = kernelOn(hits + (rows / GROUP + 1) * RECORD_BYTES, kernel)
    this.#scan = scan
    this.#floats = new Float32Array(memory)
    this.#words = new Int32Array(memory)
    this.#placeQueries(queryCount)
  }

  /** Searches vectors in rows; the first of them is vector `firstId`. */
  add(vectors: Float32Array, firstId: number): void {
    const { dim } = this.#of
    const rows = vectors.length / dim
    for (let row = 0; row < rows; row += this.#blockRows) {
      const some = vectors.subarray(row * dim, Math.min(rows, row + this.#blockRows) * dim)
      this.#addBlock(some, firstId + row)
    }
  }

  #addBlock(vectors: Float32Array, firstId: number): void {
    const lengths = squaredLengths(vectors, this.#of.dim)
    const longest = lengths.reduce((a, b) => Math.max(a, b), 0)
    const scale = inverseRoot(longest)
    this.#placeVectors(vectors, lengths, scale)
    this.#placeThresholds(Math.sqrt(longest), scale)
    const { vectors: from, start, thresholds, hits } = this.#at
    const groupBytes = this.#paddedDim * GROUP * FLOAT
    const end = from + Math.ceil(lengths.length / GROUP) * groupBytes
    for (let first = 0; first < this.heaps.queryCount; first += QUERIES) {
      const queries = first * this.#paddedDim * FLOAT
      const own = thresholds + first * FLOAT
      const last = this.#scan(queries, from, end, start, this.#paddedDim, own, hits)
      for (let hit = hits; hit < last; hit += RECORD_BYTES) {
        const row = ((this.#words[hit / FLOAT] - from) / groupBytes) * GROUP
        this.#judge(hit, first, { vectors, lengths, row, firstId })
      }
    }
  }

  /** Computes again, exactly, what may be near enough among a group of vectors and eight queries. */
  #judge(hit: number, firstQuery: number, { vectors, lengths, row, firstId }: Judged): void {
    const { queries, dim, space } = this.#of
    const scores = hit / FLOAT + 4
    const thresholds = this.#at.thresholds / FLOAT + firstQuery
    const rows = Math.min(GROUP, lengths.length - row)
    const queryCount = Math.min(QUERIES, this.heaps.queryCount - firstQuery)
    for (let v = 0; v < rows; v++)
      for (let q = 0; q < queryCount; q++) {
        if (this.#floats[scores + v * QUERIES + q] < this.#floats[thresholds + q]) continue
        const [query, vector] = [firstQuery + q, row + v]
        const dot = dotProduct(queries, query * dim, vectors, vector * dim, dim)
        const distance = distanceFromDot(space, dot, this.#lengths[query], lengths[vector])
        this.heaps.offer(query, distance, firstId + vector)
      }
  }

  #placeQueries(queryCount: number): void {
    const { queries, dim, space } = this.#of
    for (let query = 0; query < queryCount; query++) {
      const scale = space === 'cosine' ? inverseRoot(this.#lengths[query]) : this.#queryScale
      const to = Math.floor(query / QUERIES) * QUERIES * this.#paddedDim + (query % QUERIES)
      for (let d = 0; d < dim; d++)
        this.#floats[to + d * QUERIES] = queries[query * dim + d] * scale
    }
    // Those that only fill up the last eight find nothing.
    const thresholds = this.#at.thresholds / FLOAT
    this.#floats.fill(Infinity, thresholds + queryCount, thresholds + roundUp(queryCount, QUERIES))
  }

  #placeVectors(vectors: Float32Array, lengths: Float64Array, blockScale: number): void {
    const { dim, space } = this.#of
    const start = this.#at.start / FLOAT
    for (let row = 0; row < lengths.length; row++) {
      const scale = space === 'cosine' ? inverseRoot(lengths[row]) : blockScale
      const group = Math.floor(row / GROUP) * GROUP * this.#paddedDim
      const to = this.#at.vectors / FLOAT + group + (row % GROUP)
      for (let d = 0; d < dim; d++) this.#floats[to + d * GROUP] = vectors[row * dim + d] * scale
      this.#floats[start + row] =
        space === 'l2' ? (-lengths[row] / 2) * this.#queryScale * blockScale : 0
    }
  }

  /** The least score with which a vector of this block can be as near as the farthest of a query's k. */
  #placeThresholds(longest: number, blockScale: number): void {
    const { dim, space } = this.#of
    const scale = this.#queryScale * blockScale
    const relative = (dim + 4) * HALF_ULP * 1.02
    for (let query = 0; query < this.heaps.queryCount; query++) {
      const farthest = this.heaps.farthest(query)
      const squared = this.#lengths[query]
      const product = Math.sqrt(squared) * longest
      let [least, size, size64] = [1 - farthest, 1, 1]
      if (space === 'ip') {
        least = (1 - farthest) * scale
        size = product * scale
        size64 = (1 + product) * scale
      } else if (space === 'l2') {
        least = ((squared - farthest) / 2) * scale
        size = (product + (longest * longest) / 2) * scale
        size64 = (squared + longest * longest) * scale
      }
      const error = relative * size + dim * UNDERFLOW + 8 * HALF_ULP_64 * size64
      const threshold = least - error
      this.#floats[this.#at.thresholds / FLOAT + query] =
        size < TOO_LARGE && size64 < TOO_LARGE
          ? threshold - Math.abs(threshold) * 4 * HALF_ULP
          : -Infinity
    }
  }
}

interface Judged {
  vectors: Float32Array
  lengths: Float64Array
  /** Of the first of the group, in this block. */
  row: number
  /** Of the block. */
  firstId: number
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple
}

/** Of a length of zero 1: what is scaled by it is zero. */
function inverseRoot(squared: number): number {
  return squared > 0 ? 1 / Math.sqrt(squared) : 1
}
