import { formatCount } from '../../../platform/units.js'
import type { Constraint, Item } from '../item.js'
import { promptOfText } from './prompt.js'
import { saltText } from './salt.js'
import type { Source, SourceOptions } from './source.js'

export interface Task {
  /** Says what to write and in which form: the paired baseline has nothing else to go by. */
  question: string
  constraint: Constraint
}

interface ConstrainedOptions {
  name: string
  size: number | null
  outputTokens: number
  task(index: number, salt: string): Task
}

/** Questions whose answers must have a form. */
export function constrainedSource(
  { name, size, outputTokens, task }: ConstrainedOptions,
  { endpoint }: Pick<SourceOptions, 'endpoint'>,
): Source {
  return {
    name: `${name} → ${formatCount(outputTokens)} tokens`,
    size,
    notes: [],
    item: (index, salt): Item => {
      const { question, constraint } = task(index, salt)
      return {
        prompt: promptOfText(saltText(salt, index) + question, endpoint),
        inputTokens: null,
        maxTokens: outputTokens,
        ignoreEos: false,
        constraint,
        atMs: null,
      }
    },
  }
}

/** What a model is told about a schema, which it does not see otherwise. */
export function askForJson(question: string, schema: Record<string, unknown>): string {
  return `${question} Answer with JSON that fits this schema, and nothing else:\n${JSON.stringify(schema)}`
}
