/** What the service functions of vLLM alone take and give. */

export interface ChatRequest {
  name?: string
  prompt: string
  maxTokens: number
  system?: string
  write(text: string): void
}

export interface ChatReport {
  model: string
  /** The answer was made up by our simulator. */
  simulated: boolean
  text: string
  finishReason: string | null
  promptTokens: number | null
  outputTokens: number | null
  ttftMs: number | null
  totalMs: number
  tokensPerSecond: number | null
}

export interface ModelsReport {
  url: string
  simulated: boolean
  version: string | null
  models: readonly { id: string; root: string | null; maxModelLen: number | null }[]
}
