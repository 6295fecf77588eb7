import { createHash } from 'node:crypto'
import type { ChatMessage } from '../item.js'
import { datasetError } from './dataset-error.js'
import { messagesOf } from './messages.js'
import { promptOfMessages } from './prompt.js'
import { isObject, readRecords } from './records.js'
import { saltText } from './salt.js'
import type { Source, SourceOptions } from './source.js'

type Schema = Record<string, unknown>

interface Row {
  messages: ChatMessage[]
  schema: Schema
}

/** What xgrammar does not keep to, or refuses: the answers would be judged by rules that the server was never given. */
const UNSUPPORTED = {
  number: ['multipleOf'],
  array: ['uniqueItems', 'contains', 'minContains', 'maxContains'],
  string: ['format'],
  object: ['minProperties', 'maxProperties', 'propertyNames', 'patternProperties'],
}
const UNSUPPORTED_KEYS = new Set(Object.values(UNSUPPORTED).flat())

/** A local copy of NousResearch/json-mode-eval, JSONL or a JSON array: `prompt` is messages, `schema` an object or its text. */
export async function xgrammarSource(
  { path, outputTokens }: { path: string; outputTokens: number },
  { endpoint, numPrompts }: SourceOptions,
): Promise<Source> {
  const rows: Row[] = []
  let all = 0
  for await (const { line, value } of readRecords(path)) {
    all++
    const row = rowOf(value, path, line)
    if (usesUnsupported(row.schema)) continue
    rows.push(row)
    if (rows.length >= numPrompts) break
  }
  if (rows.length === 0)
    throw datasetError(path, `none of its ${all} schemas can be kept to by xgrammar`)

  return {
    name: `xgrammar ${rows.length} schemas → ${outputTokens} tokens`,
    size: rows.length,
    notes:
      all === rows.length
        ? []
        : [
            `${all - rows.length} of ${all} schemas left out: they ask for what xgrammar does not do`,
          ],
    contentHash: createHash('sha256').update(JSON.stringify(rows)).digest('hex'),
    item: (index, salt) => {
      const { messages, schema } = rows[index % rows.length]
      return {
        prompt: promptOfMessages(messages, endpoint, saltText(salt, index)),
        inputTokens: null,
        maxTokens: outputTokens,
        ignoreEos: false,
        constraint: { kind: 'json', schema },
        atMs: null,
      }
    },
  }
}

function rowOf({ prompt, schema }: Record<string, unknown>, path: string, line: number): Row {
  const messages = messagesOf(prompt)
  if (!messages) throw datasetError(path, '"prompt" must be a list of messages', { line })
  const parsed = typeof schema === 'string' ? parsedOrUndefined(schema) : schema
  if (!isObject(parsed)) throw datasetError(path, '"schema" must be a JSON schema', { line })
  return { messages, schema: parsed }
}

function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Looks at the schemas inside a schema, and not at its data: a property may be called `format`. */
export function usesUnsupported(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.some(usesUnsupported)
  if (!isObject(schema)) return false
  return Object.entries(schema).some(([key, value]) => {
    if (UNSUPPORTED_KEYS.has(key)) return true
    if (DATA_KEYS.has(key)) return false
    return NAMED_KEYS.has(key) && isObject(value)
      ? Object.values(value).some(usesUnsupported)
      : usesUnsupported(value)
  })
}

const DATA_KEYS = new Set(['const', 'enum', 'default', 'examples', 'required'])
/** Their keys are names that the author chose. */
const NAMED_KEYS = new Set(['properties', '$defs', 'definitions', 'dependentSchemas'])
