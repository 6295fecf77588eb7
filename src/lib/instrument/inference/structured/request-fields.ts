import type { Constraint } from '../item.js'

export interface RequestFields {
  /** What is sent, for the result: `structured_outputs`, `guided_json`, `response_format`. */
  field: string
  /** Joined into the body of the request. */
  body: Record<string, unknown>
}

/**
 * The field by which a server takes a constraint. vLLM ignores a field that it does not know and answers without constraint, so a wrong
 * choice is a run that looks fine: probe it ({@link probeConstraint}).
 * - vLLM up to 0.10: `guided_json`, `guided_regex`, `guided_choice`, `guided_grammar`.
 * - vLLM 0.11 takes both, and from 0.12 on only `structured_outputs`.
 * - A vLLM of unknown number (a build from source says `0.1.dev…` or `dev`): `structured_outputs`.
 * - No version, so perhaps no vLLM: JSON on the chat endpoint goes by `response_format`, which most servers know; all else by
 *   `structured_outputs`, as on completions vLLM honours no schema in `response_format` before 0.12.
 */
export function requestFields(
  constraint: Constraint,
  { version, endpoint }: { version: string | null; endpoint: 'chat' | 'completions' },
): RequestFields {
  if (version === null && constraint.kind === 'json' && endpoint === 'chat')
    return {
      field: 'response_format',
      body: {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'answer', schema: constraint.schema, strict: true },
        },
      },
    }
  const value = valueOf(constraint)
  if (version !== null && takesGuided(version)) {
    const field = `guided_${constraint.kind}`
    return { field, body: { [field]: value } }
  }
  return {
    field: 'structured_outputs',
    body: { structured_outputs: { [constraint.kind]: value } },
  }
}

function valueOf(constraint: Constraint): unknown {
  switch (constraint.kind) {
    case 'json':
      return constraint.schema
    case 'regex':
      return constraint.pattern
    case 'choice':
      return constraint.choices
    case 'grammar':
      return constraint.grammar
  }
}

function takesGuided(version: string): boolean {
  const found = /^v?(\d+)\.(\d+)/.exec(version)
  if (!found || /^v?0\.\d+\.?dev/.test(version)) return false
  return found[1] === '0' && Number(found[2]) <= 10
}
