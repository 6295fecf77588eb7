/** What an answer was asked to be, as the server understands it. */
export type Constraint =
  | { kind: 'json'; schema: unknown }
  | { kind: 'regex'; pattern: string }
  | { kind: 'choice'; choices: readonly string[] }
  | { kind: 'grammar'; grammar: string }

type Fields = Record<string, unknown>

/**
 * Reads the fields that a vLLM of that version looks at; the others are ignored without a word, as it does. Up to 0.10: `guided_*`;
 * 0.11: both; from 0.12: `structured_outputs`. `response_format` at all times, its schema on completions only since 0.11.
 */
export function constraintOf(
  body: Fields,
  version: string,
  endpoint: 'chat' | 'completions',
): Constraint | null {
  const [major, minor] = version.split('.').map(Number)
  const knowsGuided = major === 0 && minor <= 11
  const knowsStructured = major > 0 || minor >= 11
  const { structured_outputs: structured } = body
  return (
    (knowsStructured && isFields(structured) ? fromFields(structured, '') : null) ??
    (knowsGuided ? fromFields(body, 'guided_') : null) ??
    fromFormat(body.response_format, knowsStructured || endpoint === 'chat')
  )
}

function fromFields(fields: Fields, prefix: string): Constraint | null {
  const { json, regex, choice, grammar, json_object } = Object.fromEntries(
    ['json', 'regex', 'choice', 'grammar', 'json_object'].map((name) => [
      name,
      fields[prefix + name],
    ]),
  )
  if (json != null) return { kind: 'json', schema: parsed(json) }
  if (typeof regex === 'string') return { kind: 'regex', pattern: regex }
  if (Array.isArray(choice) && choice.length > 0)
    return { kind: 'choice', choices: choice.map(String) }
  if (typeof grammar === 'string') return { kind: 'grammar', grammar }
  return json_object === true ? { kind: 'json', schema: { type: 'object' } } : null
}

function fromFormat(format: unknown, takesSchema: boolean): Constraint | null {
  if (!isFields(format)) return null
  if (format.type === 'json_object') return { kind: 'json', schema: { type: 'object' } }
  const { json_schema } = format
  if (!takesSchema || format.type !== 'json_schema' || !isFields(json_schema)) return null
  return { kind: 'json', schema: json_schema.schema }
}

/** A schema may come as text. */
function parsed(schema: unknown): unknown {
  if (typeof schema !== 'string') return schema
  try {
    return JSON.parse(schema)
  } catch {
    return { type: schema }
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
