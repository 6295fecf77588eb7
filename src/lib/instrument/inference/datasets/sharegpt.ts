import { createHash } from 'node:crypto'
import { Rng } from '../../rng.js'
import { datasetError } from './dataset-error.js'
import { promptOfText } from './prompt.js'
import { isObject, readRecords } from './records.js'
import { Reservoir } from './reservoir.js'
import { saltText } from './salt.js'
import { shuffled } from './shuffled.js'
import type { Source, SourceOptions } from './source.js'

interface Exchange {
  question: string
  answerTokens: number
}

/** Without a tokenizer: English text in UTF-8, by common vocabularies. */
const BYTES_PER_TOKEN = 4
/** What vLLM's benchmark leaves out too, so that figures can be compared. */
const LIMITS = { fewest: 4, longestQuestion: 1024, longestExchange: 2048 }

/**
 * First question and answer of conversations as ShareGPT has them; the answer only says how long one is. An even sample of the file by
 * the seed, in an order by the seed.
 */
export async function shareGptSource(
  { path, outputTokens }: { path: string; outputTokens: number | null },
  { seed, endpoint, numPrompts }: SourceOptions,
): Promise<Source> {
  const sample = new Reservoir<Exchange>(numPrompts, new Rng(seed, 'sharegpt/sample'))
  let [all, fitting] = [0, 0]
  for await (const { line, value } of readRecords(path)) {
    all++
    const exchange = firstExchange(value, path, line)
    if (!exchange || !isValid(exchange, outputTokens)) continue
    fitting++
    sample.offer(exchange)
  }
  if (fitting === 0)
    throw datasetError(
      path,
      `none of its ${all} conversations has a question and an answer of usable length`,
    )

  const exchanges = shuffled(sample.kept, new Rng(seed, 'sharegpt/order'))
  return {
    name: `sharegpt ${exchanges.length} of ${all} conversations`,
    size: exchanges.length,
    notes: [
      `${all - fitting} of ${all} conversations left out: without an answer, shorter than ${LIMITS.fewest} tokens, or longer than ` +
        `${LIMITS.longestQuestion} (${LIMITS.longestExchange} with the answer); tokens estimated as ${BYTES_PER_TOKEN} bytes`,
    ],
    contentHash: createHash('sha256').update(JSON.stringify(exchanges)).digest('hex'),
    item: (index, salt) => {
      const { question, answerTokens } = exchanges[index % exchanges.length]
      return {
        prompt: promptOfText(saltText(salt, index) + question, endpoint),
        inputTokens: null,
        maxTokens: outputTokens ?? answerTokens,
        ignoreEos: false,
        constraint: null,
        atMs: null,
      }
    },
  }
}

/** Undefined when nobody asked or nobody answered. */
function firstExchange(
  { conversations }: Record<string, unknown>,
  path: string,
  line: number,
): Exchange | undefined {
  if (!Array.isArray(conversations))
    throw datasetError(path, 'it has no list "conversations"', { line })
  const at = conversations.findIndex((turn) => isTurnOf(turn, ['human', 'user']))
  const [asked, answered]: unknown[] = at === -1 ? [] : conversations.slice(at, at + 2)
  if (!isTurnOf(asked, ['human', 'user']) || !isTurnOf(answered, ['gpt', 'assistant', 'chatgpt']))
    return undefined
  return { question: asked.value, answerTokens: tokensOf(answered.value) }
}

function isTurnOf(turn: unknown, names: readonly string[]): turn is { value: string } {
  return isObject(turn) && names.includes(String(turn.from)) && typeof turn.value === 'string'
}

function isValid({ question, answerTokens }: Exchange, outputTokens: number | null): boolean {
  const questionTokens = tokensOf(question)
  return (
    questionTokens >= LIMITS.fewest &&
    answerTokens >= LIMITS.fewest &&
    questionTokens <= LIMITS.longestQuestion &&
    questionTokens + (outputTokens ?? answerTokens) <= LIMITS.longestExchange
  )
}

function tokensOf(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN)
}
