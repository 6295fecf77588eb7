import type { Rng } from '../../instrument/rng.js'
import type { Constraint } from '../constraint.js'
import { sentenceOf } from './grammar.js'
import { smallestInstance } from './json-instance.js'
import { textOfRegex } from './regex.js'

/** @throws ConstraintRefused when the server would refuse it */
export function rightAnswer(constraint: Constraint, rng: Rng): string {
  switch (constraint.kind) {
    case 'json':
      return JSON.stringify(smallestInstance(constraint.schema))
    case 'regex':
      return textOfRegex(constraint.pattern)
    case 'choice':
      return constraint.choices[rng.below(constraint.choices.length)]
    case 'grammar':
      return sentenceOf(constraint.grammar)
  }
}

/** Complete, and not what was asked for: JSON that the schema does not allow, or text that hardly any expression or grammar does. */
export function wrongAnswer(constraint: Constraint): string {
  if (constraint.kind !== 'json') return '\u00bfwrong?'
  const { type } = constraint.schema as { type?: unknown }
  return type === 'string' ? '{"wrong":true}' : '"wrong"'
}
