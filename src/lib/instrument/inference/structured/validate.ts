import type { Constraint } from '../item.js'
import { whyNotOfGrammar } from './grammar.js'
import { whyNotOfSchema } from './json.js'
import { JudgementLimitError } from './judgement-limit.js'
import { whyNotMatched } from './pattern.js'

export type AnswerValidity = { valid: true } | { valid: false; why: string }

export type AnswerVerdict =
  | { verdict: 'valid' }
  | { verdict: 'invalid'; why: string }
  /** Cut at max_tokens before it could be complete: says nothing about the server's constraints. */
  | { verdict: 'truncated' }
  /** What it would take to find out is more than a benchmark can pay. */
  | { verdict: 'unjudged' }

/**
 * Whether an answer is what was asked for, whole and exactly. Costs CPU: call it when nothing is being timed. A constraint that we can't
 * read makes the answer invalid and says so.
 */
export async function validateAnswer(
  constraint: Constraint,
  text: string,
): Promise<AnswerValidity> {
  const why = await whyNot(constraint, text)
  return why === undefined ? { valid: true } : { valid: false, why }
}

/** `finishReason` as the server gave it; `length` excuses an answer that is not valid. */
export async function classifyAnswer(
  constraint: Constraint,
  text: string,
  finishReason: string | null,
): Promise<AnswerVerdict> {
  try {
    const why = await fault(constraint, text)
    if (why === undefined) return { verdict: 'valid' }
    return finishReason === 'length' ? { verdict: 'truncated' } : { verdict: 'invalid', why }
  } catch (error) {
    if (error instanceof JudgementLimitError) return { verdict: 'unjudged' }
    throw error
  }
}

async function whyNot(constraint: Constraint, text: string): Promise<string | undefined> {
  try {
    return await fault(constraint, text)
  } catch (error) {
    if (error instanceof JudgementLimitError) return error.message
    throw error
  }
}

async function fault(constraint: Constraint, text: string): Promise<string | undefined> {
  switch (constraint.kind) {
    case 'json':
      return whyNotOfSchema(constraint.schema, text)
    case 'regex':
      return whyNotMatched(constraint.pattern, text)
    case 'choice':
      return constraint.choices.includes(text) ? undefined : 'it is not one of the choices'
    case 'grammar':
      return whyNotOfGrammar(constraint.grammar, text)
  }
}
