import { RequestTable } from '../load/request-table.js'
import type { EndedRequest, Outcome, Tally } from '../load/workload.js'
import type { QueryRequest, QueryResponse } from './engine.js'
import { LiveQueries } from './live-queries.js'
import type { RecallJudge } from './recall.js'

/** Which query; which of the distinct answers, −1 for none; its recall, NaN until it was judged. */
const COLUMNS = ['item', 'answer', 'recall'] as const
export type QueryTable = RequestTable<(typeof COLUMNS)[number]>
export type QueryOutcome = Outcome<QueryTally>

/** What one query was answered, however often. */
interface Answer {
  item: number
  ids: readonly string[]
}

interface SerializedTally {
  rows: number
  answers: readonly Answer[]
}

/**
 * What is kept of the queries of one repeat. Answers are kept once each, for a server mostly says the same again; whether they are right
 * only the worker knows that has all vectors.
 */
export class QueryTally implements Tally<QueryRequest, QueryResponse> {
  readonly table: QueryTable = new RequestTable(COLUMNS)
  readonly live = new LiveQueries(this.table)
  readonly #answers: Answer[] = []
  /** Of each answer its place, by query and ids. */
  readonly #known = new Map<string, number>()

  ended({ row, request, exchange }: EndedRequest<QueryRequest, QueryResponse>): void {
    this.table.set(row, 'item', request.item)
    this.table.set(row, 'answer', -1)
    if (exchange.error) return
    try {
      this.table.set(row, 'answer', this.#placeOf(request.item, exchange.response.ids()))
    } catch (error) {
      // Whatever it is about the answer that can't be read, it is the failure of this one query.
      const { message } = error as Error
      this.table.set(row, 'errorClass', this.table.classOf('bad_answer', message))
    }
  }

  async finish(): Promise<void> {
    // There is nothing that had to wait.
  }

  /** Fills in the recall of every row that has an answer. */
  judge(judge: RecallJudge): void {
    const recalls = this.#answers.map(({ item, ids }) => judge.recall(item, ids))
    for (let row = 0; row < this.table.count; row++) {
      const answer = this.table.get(row, 'answer')
      if (answer >= 0) this.table.set(row, 'recall', recalls[answer])
    }
  }

  toJSON(): SerializedTally {
    return { rows: this.table.count, answers: this.#answers }
  }

  /** The other's rows are at the end of the table. */
  merge({ rows, answers }: SerializedTally): void {
    const places = answers.map(({ item, ids }) => this.#placeOf(item, ids))
    for (let row = this.table.count - rows; row < this.table.count; row++) {
      const answer = this.table.get(row, 'answer')
      if (answer >= 0) this.table.set(row, 'answer', places[answer])
    }
  }

  #placeOf(item: number, ids: readonly string[]): number {
    const key = `${item}:${ids.join()}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    this.#known.set(key, this.#answers.length)
    return this.#answers.push({ item, ids }) - 1
  }
}
