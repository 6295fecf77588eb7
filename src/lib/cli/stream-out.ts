import { once } from 'node:events'

/** Writes to stdout as fast as its reader takes it. */
export async function writeOut(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

/** One JSON object has an end: of a text that comes in pieces, whatever its size, its last part. */
export class TextEnd {
  readonly #pieces: string[] = []
  #length = 0
  /** How many letters were given before {@link text} begins. */
  dropped = 0

  constructor(private readonly longest = 16 * 1024 * 1024) {}

  push(text: string): void {
    this.#pieces.push(text)
    this.#length += text.length
    while (this.#length > this.longest && this.#pieces.length > 1) {
      const { length } = this.#pieces.shift()!
      this.#length -= length
      this.dropped += length
    }
  }

  get text(): string {
    return this.#pieces.join('')
  }
}
