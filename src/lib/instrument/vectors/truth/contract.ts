/** The exact k nearest neighbours of every query. */
export interface GroundTruth {
  k: number
  /** `queryCount × k`, nearest first; -1 where there are fewer vectors than k. */
  ids: Int32Array
  /** Distance of the k-th neighbour, a query each: what is no farther counts as found. */
  kthDistance: Float64Array
}
