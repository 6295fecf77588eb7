/** What every kind of request has in its row. Times are milliseconds from the start of its repeat. */
const COMMON = ['index', 'dueMs', 'readyMs', 'sentMs', 'endMs', 'errorClass', 'isSteady'] as const

/**
 * `dueMs`: when it should have been sent; NaN in a closed loop. `readyMs`: from when on the client could send it, when it was due or later
 * where too many were in flight. `errorClass`: index into the table's classes, −1 for a success. `isSteady`: sent and ended in the steady
 * window.
 */
export type CommonColumn = (typeof COMMON)[number]

/**
 * All requests of a repeat as columns of numbers: 100 000 of them take 14 MB, and no garbage collector looks at them. A kind of benchmark
 * has columns of its own beside those that all have.
 */
export class RequestTable<Own extends string = never> {
  readonly #names: readonly string[]
  #columns: Record<string, Float64Array>
  #capacity: number
  count = 0
  readonly classes: string[] = []
  /** The first message of each class. */
  readonly examples: string[] = []

  constructor(own: readonly Own[] = [], capacity = 1_024) {
    this.#names = [...COMMON, ...own]
    this.#capacity = capacity
    this.#columns = this.#columnsOf(() => new Float64Array(capacity))
  }

  /** Figures that are not given are NaN. */
  add(row: Readonly<Partial<Record<Own | CommonColumn, number>>>): number {
    if (this.count === this.#capacity) this.#grow()
    for (const name of this.#names)
      this.#columns[name][this.count] = row[name as CommonColumn] ?? NaN
    return this.count++
  }

  set(row: number, column: Own | CommonColumn, value: number): void {
    this.#columns[column][row] = value
  }

  get(row: number, column: Own | CommonColumn): number {
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

  /** Milliseconds between the moment at which it could be sent and its send. */
  lagMs(row: number): number {
    return Math.max(0, this.#columns.sentMs[row] - this.#columns.readyMs[row])
  }

  merge({ count, classes, examples, columns }: SerializedTable): void {
    const numbers = this.#columnsOf((name) => numbersIn(columns[name]))
    for (let row = 0; row < count; row++) {
      const at = this.#newRow()
      for (const name of this.#names) this.#columns[name][at] = numbers[name][row]
      const errorClass = numbers.errorClass[row]
      if (errorClass < 0) continue
      this.#columns.errorClass[at] = this.classOf(classes[errorClass], examples[errorClass])
    }
  }

  toJSON(): SerializedTable {
    const { count, classes, examples } = this
    const text = (column: Float64Array) =>
      Buffer.from(column.buffer, 0, count * Float64Array.BYTES_PER_ELEMENT).toString('base64')
    const columns = Object.fromEntries(this.#names.map((name) => [name, text(this.#columns[name])]))
    return { count, classes, examples, columns }
  }

  #newRow(): number {
    if (this.count === this.#capacity) this.#grow()
    return this.count++
  }

  #grow(): void {
    this.#capacity *= 2
    this.#columns = this.#columnsOf((name) => {
      const larger = new Float64Array(this.#capacity)
      larger.set(this.#columns[name])
      return larger
    })
  }

  #columnsOf(make: (name: string) => Float64Array): Record<string, Float64Array> {
    return Object.fromEntries(this.#names.map((name) => [name, make(name)]))
  }
}

export interface SerializedTable {
  count: number
  classes: readonly string[]
  examples: readonly string[]
  columns: Readonly<Record<string, string>>
}

function numbersIn(text: string): Float64Array {
  const bytes = Buffer.from(text, 'base64')
  const numbers = new Float64Array(bytes.length / Float64Array.BYTES_PER_ELEMENT)
  new Uint8Array(numbers.buffer).set(bytes)
  return numbers
}
