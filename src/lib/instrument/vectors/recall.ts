import type { Distances } from './distance.js'
import type { GroundTruth } from './truth/contract.js'

/** Relative room in the distance for a tie: as ann-benchmarks. */
const TIE = 1e-3

/**
 * recall@k of one answer: the share of k that is no farther than the k-th true neighbour. Ties count, whichever the server chose;
 * the same id twice counts once; ids that are not ours (-1, another collection's) don't count.
 */
export class RecallJudge {
  readonly #truth: GroundTruth
  readonly #distances: Distances
  readonly #count: number
  /** Answers repeat: most queries are asked many times. */
  readonly #seen = new Map<number, { text: string; recall: number }>()

  constructor(truth: GroundTruth, distances: Distances, count: number) {
    this.#truth = truth
    this.#distances = distances
    this.#count = count
  }

  recall(query: number, ids: readonly string[]): number {
    const text = ids.join()
    const seen = this.#seen.get(query)
    if (seen?.text === text) return seen.recall
    const recall = this.#judge(query, ids)
    this.#seen.set(query, { text, recall })
    return recall
  }

  #judge(query: number, ids: readonly string[]): number {
    const { k, kthDistance } = this.#truth
    const wanted = Math.min(k, this.#count)
    const kth = kthDistance[query]
    const limit = kth + Math.abs(kth) * TIE
    let found = 0
    for (const id of new Set(ids.slice(0, k))) {
      const vector = Number(id)
      if (!Number.isInteger(vector) || vector < 0 || vector >= this.#count) continue
      if (this.#distances.between(query, vector) <= limit) found++
    }
    return Math.min(found, wanted) / wanted
  }
}
