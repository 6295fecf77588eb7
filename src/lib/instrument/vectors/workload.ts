import type { Schedule } from '../load/schedule.js'
import type { Workload } from '../load/workload.js'
import type { QueryRequest, QueryResponse, VectorEngine } from './engine.js'
import { nameOf, scheduleOf, type LevelRepeat } from './levels.js'
import type { VectorPlan } from './plan.js'
import { QueryTally } from './tally.js'

/** Queries of a vector database: all are encoded before any clock starts. */
export class QueryWorkload implements Workload<
  QueryRequest,
  QueryResponse,
  LevelRepeat,
  QueryTally
> {
  readonly #engine: VectorEngine
  readonly #plan: VectorPlan
  #queries: readonly QueryRequest[] = []

  constructor(engine: VectorEngine, plan: VectorPlan) {
    this.#engine = engine
    this.#plan = plan
  }

  /** For the collection that the engine has open. @param queries in rows of `dim` */
  encode(queries: Float32Array, dim: number): void {
    this.#queries = Array.from({ length: queries.length / dim }, (_, item) =>
      this.#engine.prepareQuery(item, queries.subarray(item * dim, (item + 1) * dim), this.#plan.k),
    )
  }

  connect() {
    return this.#engine.connect()
  }

  name(repeat: LevelRepeat): string {
    return nameOf(repeat, this.#plan)
  }

  schedule(repeat: LevelRepeat): Schedule {
    return scheduleOf(this.#plan, repeat)
  }

  requests(): (index: number) => QueryRequest {
    return (index) => this.#queries[index % this.#queries.length]
  }

  tally(): QueryTally {
    return new QueryTally()
  }
}
