import type { Rng } from '../instrument/rng.js'

const CONSONANTS = [...'bcdfghjklmnprstvz']
const VOWELS = [...'aeiou']
/** Two, three and four bytes a character. */
const MULTIBYTE = [' déjà', ' naïve', ' 漢字', ' 日本', ' 🦊fox', ' où🙂']

/** A made-up word of one to three syllables, with the blank before it that most tokens of a model begin with. */
export function madeUpToken(rng: Rng): string {
  let word = ' '
  for (let left = 1 + rng.below(3); left > 0; left--)
    word += CONSONANTS[rng.below(CONSONANTS.length)] + VOWELS[rng.below(VOWELS.length)]
  return word
}

export function multibyteToken(rng: Rng): string {
  return MULTIBYTE[rng.below(MULTIBYTE.length)]
}

/** A text as a model would have made it, token by token. */
export function tokensOf(text: string): string[] {
  return text.match(/.{1,4}/gsu) ?? []
}
