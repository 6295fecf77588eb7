import type { Constraint, InferenceDataset } from './item.js'
import type { InferencePlan } from './plan.js'
import { ask, type RequestLimits } from './preflight.js'
import type { Structured } from './result.js'
import { probeConstraint } from './structured/probe.js'
import { requestFields } from './structured/request-fields.js'
import type { InferenceWorkload } from './workload.js'

const MOST_LOOKED_AT = 10_000

/**
 * Whether the server keeps to constraints, seen before the run: a field that it does not know it passes over in silence, and the run would
 * look fine. @returns null of a dataset without constraints
 */
export async function probeStructured(
  { dataset, writer }: InferenceWorkload,
  { dataset: { kind }, endpoint }: InferencePlan,
  version: string | null,
  limits: RequestLimits,
): Promise<{ kind: string; field: string; probe: Structured['probe'] } | null> {
  const first = firstConstraint(dataset)
  if (first === undefined) return null
  const { field } = requestFields(first, { version, endpoint })
  const { prompt, constraint, maxTokens, honours } = probeConstraint(first.kind)
  const messages = [{ role: 'user' as const, content: prompt }]
  const item = {
    prompt: { kind: 'messages' as const, messages },
    inputTokens: null,
    maxTokens,
    ignoreEos: false,
    constraint,
    atMs: null,
  }
  const { text, error } = await ask(writer.options, item, limits)
  const probe = error
    ? { honoured: null, detail: `${error.errorClass}: ${error.message}` }
    : { honoured: honours(text), detail: `asked for ${constraint.kind}, got ${quoted(text)}` }
  return { kind, field, probe }
}

/** In a user's own file not every request need have one. */
function firstConstraint({ size, item }: InferenceDataset): Constraint | undefined {
  for (let index = 0; index < Math.min(size ?? 1, MOST_LOOKED_AT); index++) {
    const { constraint } = item(index)
    if (constraint) return constraint
  }
  return undefined
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
