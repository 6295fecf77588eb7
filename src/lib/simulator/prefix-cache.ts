import type { PromptTokens } from './ask.js'

/** As vLLM's: whole blocks, found by a hash of all that is before them. */
const BLOCK_TOKENS = 16
const MOST_BLOCKS = 200_000

/** Knows which beginnings of prompts were seen before; a hit costs the same time as a miss here. */
export class PrefixCache {
  readonly #blocks = new Set<number>()

  /** @returns how many of the tokens were there already; never all, since the last must be computed */
  hits(tokens: PromptTokens): number {
    let hash = 0x811c9dc5
    let found = 0
    for (let block = 1; block * BLOCK_TOKENS <= tokens.length; block++) {
      for (let i = (block - 1) * BLOCK_TOKENS; i < block * BLOCK_TOKENS; i++)
        hash = mixed(hash, tokens[i])
      const isWholePrompt = block * BLOCK_TOKENS === tokens.length
      if (!isWholePrompt && this.#blocks.has(hash) && found === block - 1) found = block
      this.#remember(hash)
    }
    return found * BLOCK_TOKENS
  }

  #remember(hash: number): void {
    this.#blocks.add(hash)
    if (this.#blocks.size <= MOST_BLOCKS) return
    const [oldest] = this.#blocks
    this.#blocks.delete(oldest)
  }
}

/** FNV-1a, over a token at a time or the letters of a word. */
function mixed(hash: number, token: number | string): number {
  if (typeof token === 'number') return Math.imul(hash ^ token, 0x01000193) >>> 0
  let result = hash
  for (let i = 0; i < token.length; i++)
    result = Math.imul(result ^ token.charCodeAt(i), 0x01000193)
  return Math.imul(result ^ 0x20, 0x01000193) >>> 0
}
