/** What is known of an answer before it comes. */
export interface Expected {
  /** Its text is wanted, and not only its times. */
  keepsText: boolean
  maxTokens: number
  /** False for a server that was seen never to say how an answer ended. */
  finishReason: boolean
}

/** Servers exist that send a token's text letter by letter; what goes far beyond that has no end. */
export const mostEvents = (maxTokens: number) => 8 * maxTokens + 256
/** 16 KB a token: log probabilities are that long. */
export const mostBytes = (maxTokens: number) => (16 + maxTokens / 64) * 1024 * 1024
export const LONGEST_TEXT = 1024 * 1024
/** No model reads more. */
export const MOST_PROMPT_TOKENS = 1e8
