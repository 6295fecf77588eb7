import { UsageError } from '../../../platform/errors.js'
import type { Rng } from '../../rng.js'

/** Below it tokenizers keep bytes and special tokens, which may end or change an answer. */
export const FIRST_ID = 256

/** Ordinary tokens of any common model, independently and evenly drawn. */
export function randomIds(rng: Rng, count: number, vocabulary: number): number[] {
  return Array.from({ length: count }, () => FIRST_ID + rng.below(vocabulary - FIRST_ID))
}

export function checkVocabulary(vocabulary: number): void {
  if (vocabulary <= FIRST_ID)
    throw new UsageError(
      `A vocabulary of ${vocabulary} is too small: token ids from ${FIRST_ID} on are drawn`,
      { code: 'AIB_VOCABULARY' },
    )
}
