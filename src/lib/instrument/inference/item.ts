/** What a dataset gives: requests without a time. Plain data, the same in every worker, made by index from the seed. */

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant'
  content: string
}

export type Prompt =
  | { kind: 'messages'; messages: readonly ChatMessage[] }
  | { kind: 'text'; text: string }
  /** Exact lengths without a tokenizer; completions endpoint only. */
  | { kind: 'tokens'; ids: readonly number[] }

/** What an answer must be. `grammar` is EBNF as vLLM takes it. */
export type Constraint =
  | { kind: 'json'; schema: Record<string, unknown> }
  | { kind: 'regex'; pattern: string }
  | { kind: 'choice'; choices: readonly string[] }
  | { kind: 'grammar'; grammar: string }

export interface Item {
  prompt: Prompt
  /** Tokens of the prompt where they are known without asking; null otherwise. */
  inputTokens: number | null
  maxTokens: number
  /** Asks the server to go on to `maxTokens`; never with a constraint. */
  ignoreEos: boolean
  constraint: Constraint | null
  /** Milliseconds from the start of the run, of a trace; null elsewhere. */
  atMs: number | null
}

/** Requests by index. `item` is pure: index and seed decide, so that any worker can make any request. */
export interface InferenceDataset {
  /** `random 1024 → 128`: for people. */
  name: string
  /** sha256 of what the items are made from. */
  hash: string
  /** How many distinct items there are; null when they are made without end. */
  size: number | null
  /** What a reader of the result should know: rows left out and why, a prompt of words where token ids can't be sent. */
  notes: readonly string[]
  /** Indices from 0; a dataset that is finite is gone through again and again. */
  item(index: number): Item
}
