import type { InferencePlan } from '../plan.js'
import type { Item, Prompt } from '../item.js'

/** What a dataset needs to know of the run beside its own plan. */
export interface SourceOptions {
  seed: number
  endpoint: InferencePlan['endpoint']
  /** Of a file, at most so many requests are kept. */
  numPrompts: number
}

/** One dataset before it is named for the result: items that are pure functions of (seed, salt, index). */
export interface Source {
  name: string
  /** How many distinct items there are; null when they are made without end. */
  size: number | null
  notes: readonly string[]
  /** sha256 of the rows it has; what is generated is told by its plan and its first items. */
  contentHash?: string
  /** `salt` is '' when prompts are to be the same in every run. */
  item(index: number, salt: string): Item
}

/** A request whose answer is made exactly so long, whatever the model would say. */
export function ofFixedLength(
  prompt: Prompt,
  inputTokens: number | null,
  outputTokens: number,
): Item {
  return {
    prompt,
    inputTokens,
    maxTokens: outputTokens,
    ignoreEos: true,
    constraint: null,
    atMs: null,
  }
}
