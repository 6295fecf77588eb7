import type { Validity } from '../result.js'
import type { AnswerVerdict } from './validate.js'

const MAX_EXAMPLES = 3
const EXAMPLE_CHARACTERS = 200

/** Counts verdicts on answers. Keeps the first few that are invalid, by index, whatever the order in which they come. */
export class ValidityTally {
  readonly #counts = { valid: 0, invalid: 0, truncated: 0, failed: 0 }
  #examples: Validity['examples'] = []

  answer(index: number, verdict: AnswerVerdict, text: string): void {
    this.#counts[verdict.verdict]++
    if (verdict.verdict === 'invalid')
      this.#keep({ index, why: verdict.why, text: text.slice(0, EXAMPLE_CHARACTERS) })
  }

  /** A request that brought no answer to judge. */
  fail(): void {
    this.#counts.failed++
  }

  /** What another worker has counted. */
  merge(other: Validity): void {
    for (const count of ['valid', 'invalid', 'truncated', 'failed'] as const)
      this.#counts[count] += other[count]
    for (const example of other.examples) this.#keep(example)
  }

  validity(): Validity {
    const { valid, invalid, truncated, failed } = this.#counts
    return {
      answers: valid + invalid + truncated,
      valid,
      invalid,
      truncated,
      failed,
      validShare: valid + invalid === 0 ? null : valid / (valid + invalid),
      examples: [...this.#examples],
    }
  }

  #keep(example: Validity['examples'][number]) {
    this.#examples = [...this.#examples, example]
      .sort((a, b) => a.index - b.index)
      .slice(0, MAX_EXAMPLES)
  }
}
