import type { Exchange } from '../http/connection.js'
import type { ResponseStream } from './response-stream.js'

/** Whether an answer had the form it had to have; `unjudged`: that took too long, or there were too many. */
export const VALIDITY = ['none', 'valid', 'invalid', 'truncated', 'unjudged'] as const
export type ValidityName = (typeof VALIDITY)[number]

/** One request as it went, for the table and for `requests.ndjson`. Times are milliseconds from the start of its pass. */
export interface RequestRow {
  index: number
  /** When it should have been sent; NaN in a closed loop. */
  dueMs: number
  /** From when on the client could send it: when it was due, or later where too many were in flight. */
  readyMs: number
  sentMs: number
  /** First text in any channel, first of the answer, first token, last token, end of the stream; NaN when it did not come. */
  firstMs: number
  answerMs: number
  firstTokenMs: number
  lastMs: number
  endMs: number
  inputTokens: number
  outputTokens: number
  /** Tokens that came with the first event. */
  tokensAtFirst: number
  events: number
  /** 0 when the tokens are the server's count, 1 when they are only events. */
  isEstimated: number
  /** 1 when the server ended it before the tokens that were asked for. */
  isCutShort: number
  /** 1 for the first request with its constraint. */
  isFirstUse: number
  /** Index into {@link VALIDITY}. */
  validity: number
  /** Index into the table's classes; −1 for a success. */
  errorClass: number
  /** Sent and ended in the steady window. */
  isSteady: number
}

const COLUMNS = [
  ...([
    'index',
    'dueMs',
    'readyMs',
    'sentMs',
    'firstMs',
    'answerMs',
    'firstTokenMs',
    'lastMs',
  ] as const),
  ...(['endMs', 'inputTokens', 'outputTokens', 'tokensAtFirst', 'events', 'isEstimated'] as const),
  ...(['isCutShort', 'isFirstUse', 'validity', 'errorClass', 'isSteady'] as const),
] satisfies (keyof RequestRow)[]
type ColumnName = (typeof COLUMNS)[number]

/** All requests of a pass as columns of numbers: 100 000 of them take 14 MB, and no garbage collector looks at them. */
export class RequestTable {
  #columns: Record<ColumnName, Float64Array>
  count = 0
  readonly classes: string[] = []
  /** The first message of each class. */
  readonly examples: string[] = []

  constructor(capacity = 1_024) {
    this.#columns = columnsOf(() => new Float64Array(capacity))
  }

  add(row: RequestRow): number {
    if (this.count === this.#columns.index.length)
      this.#columns = columnsOf((name) => grown(this.#columns[name]))
    for (const name of COLUMNS) this.#columns[name][this.count] = row[name]
    return this.count++
  }

  set(row: number, column: ColumnName, value: number): void {
    this.#columns[column][row] = value
  }

  get(row: number, column: ColumnName): number {
    return this.#columns[column][row]
  }

  classOf(name: string, example: string): number {
    const known = this.classes.indexOf(name)
    if (known >= 0) return known
    this.examples.push(example)
    return this.classes.push(name) - 1
  }

  /** All values of a figure, of the rows that have it. */
  values(
    figure: (row: number) => number,
    keep: (row: number) => boolean = () => true,
  ): Float64Array {
    const values = new Float64Array(this.count)
    let n = 0
    for (let row = 0; row < this.count; row++) {
      if (!keep(row)) continue
      const value = figure(row)
      if (!Number.isNaN(value)) values[n++] = value
    }
    return values.slice(0, n)
  }

  isOk(row: number): boolean {
    return this.#columns.errorClass[row] < 0
  }

  merge(other: RequestTable): void {
    for (let row = 0; row < other.count; row++) {
      const copy = Object.fromEntries(COLUMNS.map((name) => [name, other.get(row, name)]))
      const errorClass = other.get(row, 'errorClass')
      if (errorClass >= 0)
        copy.errorClass = this.classOf(other.classes[errorClass], other.examples[errorClass])
      this.add(copy as unknown as RequestRow)
    }
  }

  toJSON(): SerializedTable {
    const { count, classes, examples } = this
    const text = (column: Float64Array) =>
      Buffer.from(column.buffer, 0, count * Float64Array.BYTES_PER_ELEMENT).toString('base64')
    const columns = Object.fromEntries(COLUMNS.map((name) => [name, text(this.#columns[name])]))
    return { count, classes, examples, columns }
  }

  static from({ count, classes, examples, columns }: SerializedTable): RequestTable {
    const table = new RequestTable(Math.max(1, count))
    table.count = count
    table.classes.push(...classes)
    table.examples.push(...examples)
    for (const name of COLUMNS) {
      const bytes = Buffer.from(columns[name], 'base64')
      new Uint8Array(table.#columns[name].buffer).set(bytes)
    }
    return table
  }
}

export interface SerializedTable {
  count: number
  classes: readonly string[]
  examples: readonly string[]
  columns: Record<string, string>
}

/** Makes the row of an exchange; what its answer can't tell is given. */
export function rowOf(
  { response, sentMs, endMs }: Exchange<ResponseStream>,
  startMs: number,
  given: Pick<
    RequestRow,
    'index' | 'dueMs' | 'readyMs' | 'isFirstUse' | 'inputTokens' | 'errorClass'
  > & {
    maxTokens: number
  },
): RequestRow {
  const { maxTokens, ...known } = given
  const isCounted = response.completionTokens >= 0
  const outputTokens = isCounted ? response.completionTokens : response.events
  return {
    ...known,
    sentMs: sentMs - startMs,
    firstMs: response.firstMs - startMs,
    answerMs: response.firstAnswerMs - startMs,
    firstTokenMs: response.firstTokenMs - startMs,
    lastMs: response.lastMs - startMs,
    endMs: endMs - startMs,
    inputTokens: response.promptTokens >= 0 ? response.promptTokens : known.inputTokens,
    outputTokens,
    tokensAtFirst: response.hasContinuousUsage ? response.tokensAtFirst : 1,
    events: response.events,
    isEstimated: Number(!isCounted),
    isCutShort: Number(isCounted && response.finishReason === 'length' && outputTokens < maxTokens),
    validity: 0,
    isSteady: 0,
  }
}

/** Figures of a row, in milliseconds; NaN where it has none. */
export const figures = (table: RequestTable) => {
  const get = (row: number, name: ColumnName) => table.get(row, name)
  return {
    ttft: (row: number) => get(row, 'firstMs') - get(row, 'sentMs'),
    ttfo: (row: number) => get(row, 'answerMs') - get(row, 'sentMs'),
    e2e: (row: number) => get(row, 'lastMs') - get(row, 'sentMs'),
    ttftFromSchedule: (row: number) => get(row, 'firstMs') - get(row, 'dueMs'),
    e2eFromSchedule: (row: number) => get(row, 'lastMs') - get(row, 'dueMs'),
    lag: (row: number) => Math.max(0, get(row, 'sentMs') - get(row, 'readyMs')),
    /** Of the tokens behind the first event: with one token in it, (last − first) ÷ (n − 1). */
    tpot: (row: number) => {
      const later = get(row, 'outputTokens') - get(row, 'tokensAtFirst')
      return later > 0 ? (get(row, 'lastMs') - get(row, 'firstTokenMs')) / later : NaN
    },
  }
}

function columnsOf(make: (name: ColumnName) => Float64Array): Record<ColumnName, Float64Array> {
  return Object.fromEntries(COLUMNS.map((name) => [name, make(name)])) as Record<
    ColumnName,
    Float64Array
  >
}

function grown(column: Float64Array): Float64Array {
  const larger = new Float64Array(column.length * 2)
  larger.set(column)
  return larger
}
