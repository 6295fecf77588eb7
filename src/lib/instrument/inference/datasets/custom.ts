import { createHash } from 'node:crypto'
import type { Constraint, Item, Prompt } from '../item.js'
import { datasetError } from './dataset-error.js'
import { messagesOf } from './messages.js'
import { promptOfMessages, promptOfText } from './prompt.js'
import { isObject, readRecords } from './records.js'
import { saltText } from './salt.js'
import type { Source, SourceOptions } from './source.js'

/** When neither the row nor the plan says how long an answer may be. */
const DEFAULT_TOKENS = 128

const UNSALTED_NOTE =
  'prompts of token ids are sent as they are, without a salt: a prefix cache may hold them from an earlier run'

type Row = Pick<Item, 'maxTokens' | 'ignoreEos' | 'constraint'> & {
  prompt(salt: string): Prompt
  inputTokens: number | null
}

/**
 * A user's own requests, a line each, in the order of the file: `prompt` (text, or token ids on the completions endpoint) or `messages`;
 * `max_tokens` (at most) or `output_tokens` (exactly); one of `schema`, `regex`, `choice`, `grammar`. The first `numPrompts` are read.
 */
export async function customSource(
  { path, outputTokens }: { path: string; outputTokens: number | null },
  { endpoint, numPrompts }: SourceOptions,
): Promise<Source> {
  const rows: Row[] = []
  const hash = createHash('sha256')
  for await (const { line, value } of readRecords(path)) {
    const fail = (why: string): never => {
      throw datasetError(path, why, { line })
    }
    rows.push({
      ...promptOf(value, endpoint, fail),
      ...lengthOf(value, outputTokens, fail),
      constraint: constraintOf(value, fail),
    })
    hash.update(JSON.stringify(value))
    if (rows.length >= numPrompts) break
  }
  if (rows.length === 0) throw datasetError(path, 'it has no request')

  return {
    name: `custom ${rows.length} requests`,
    size: rows.length,
    notes: rows.some(({ inputTokens }) => inputTokens !== null) ? [UNSALTED_NOTE] : [],
    contentHash: hash.digest('hex'),
    item: (index, salt) => {
      const { prompt, ignoreEos, ...row } = rows[index % rows.length]
      return {
        ...row,
        prompt: prompt(saltText(salt, index)),
        ignoreEos: ignoreEos && row.constraint === null,
        atMs: null,
      }
    },
  }
}

type Fail = (why: string) => never

function promptOf(
  { prompt, messages }: Record<string, unknown>,
  endpoint: SourceOptions['endpoint'],
  fail: Fail,
): Pick<Row, 'prompt' | 'inputTokens'> {
  if (typeof prompt === 'string')
    return { inputTokens: null, prompt: (salt) => promptOfText(salt + prompt, endpoint) }
  if (isIds(prompt)) {
    if (endpoint === 'chat')
      return fail('"prompt" is token ids, which the chat endpoint does not take')
    // No salt: no id is known to mean nothing to the model.
    return { inputTokens: prompt.length, prompt: () => ({ kind: 'tokens', ids: prompt }) }
  }
  if (prompt !== undefined) return fail('"prompt" is neither a text nor a list of token ids')
  const list = messagesOf(messages)
  if (!list) return fail('it has neither "prompt" nor "messages" with roles and texts')
  return { inputTokens: null, prompt: (salt) => promptOfMessages(list, endpoint, salt) }
}

function lengthOf(
  row: Record<string, unknown>,
  outputTokens: number | null,
  fail: Fail,
): Pick<Row, 'maxTokens' | 'ignoreEos'> {
  const count = (key: string) => {
    const value = row[key]
    if (value === undefined || value === null) return undefined
    return isCount(value) ? value : fail(`"${key}" is not a whole number from 1 on`)
  }
  const exact = count('output_tokens')
  const most = count('max_tokens')
  return {
    maxTokens: outputTokens ?? exact ?? most ?? DEFAULT_TOKENS,
    ignoreEos: outputTokens === null && exact !== undefined,
  }
}

function constraintOf(row: Record<string, unknown>, fail: Fail): Constraint | null {
  const { schema, regex, choice, grammar } = row
  const given = Object.entries({ schema, regex, choice, grammar })
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key]) => key)
  if (given.length > 1) return fail(`only one of ${given.join(' and ')} can be asked for`)
  if (given.length === 0) return null
  if (isObject(schema)) return { kind: 'json', schema }
  if (typeof regex === 'string') return { kind: 'regex', pattern: regex }
  if (typeof grammar === 'string') return { kind: 'grammar', grammar }
  if (isChoices(choice)) return { kind: 'choice', choices: choice }
  return fail(`"${given[0]}" is not ${FORMS[given[0] as keyof typeof FORMS]}`)
}

const FORMS = {
  schema: 'a JSON schema (an object)',
  regex: 'a text',
  grammar: 'a text',
  choice: 'a list of texts',
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1
}

function isIds(value: unknown): value is number[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((id) => Number.isInteger(id) && id >= 0)
  )
}

function isChoices(value: unknown): value is string[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((choice) => typeof choice === 'string')
  )
}
