/** Remembers what was made for a key, for the most recent so many keys. */
export class BoundedCache<Key, Value> {
  readonly #values = new Map<Key, Value>()

  /** `forgotten` is told what falls out. */
  constructor(
    readonly limit: number,
    readonly forgotten: (value: Value) => void = () => undefined,
  ) {}

  get(key: Key, make: () => Value): Value {
    const known = this.#values.get(key)
    const value = known ?? make()
    if (known !== undefined) this.#values.delete(key)
    this.#values.set(key, value)
    if (this.#values.size > this.limit) this.#forgetOldest()
    return value
  }

  #forgetOldest() {
    const [[key, value]] = this.#values
    this.#values.delete(key)
    this.forgotten(value)
  }
}
