import { BoundedCache } from './bounded-cache.js'
import { recognise } from './earley.js'
import { parseGrammar } from './grammar-syntax.js'
import { productionsOf, type Productions } from './productions.js'

const compiled = new BoundedCache<string, Productions>(64)

/** Why the whole text is not of the grammar; undefined when it is. */
export function whyNotOfGrammar(grammar: string, text: string): string | undefined {
  let productions: Productions
  try {
    productions = compiled.get(grammar, () => productionsOf(parseGrammar(grammar)))
  } catch (error) {
    if (error instanceof SyntaxError) return `the grammar can't be read: ${error.message}`
    throw error
  }
  const recognition = recognise(productions, text)
  if (recognition.fits) return undefined
  const characters = Array.from(text)
  const offending = characters[recognition.at]
  return offending === undefined
    ? `it ends too early, after ${characters.length} characters`
    : `character ${recognition.at + 1}, ${JSON.stringify(offending)}, does not fit the grammar`
}
