import type { Rng } from '../instrument/rng.js'
import type { Ask } from './ask.js'
import type { Finish } from './events.js'
import type { Fault, SimulatorOptions } from './options.js'
import { rightAnswer, wrongAnswer } from './structured/answer.js'
import { madeUpToken, multibyteToken, tokensOf } from './words.js'

export interface Answer {
  /** A token each. What ends an answer by itself is a token too, without text. */
  texts: string[]
  /** So many of them are reasoning. */
  reasoning: number
  finish: Finish
}

/**
 * What the model says. Never longer than asked for: a constrained answer that has no room is cut, with `length`.
 * @param wrong whether a constrained answer is to miss what was asked
 * @throws ConstraintRefused
 */
export function answerTo(
  ask: Ask,
  {
    wrong,
    fault,
    options,
    rng,
  }: { wrong: boolean; fault: Fault | null; options: SimulatorOptions; rng: Rng },
): Answer {
  const next = fault?.kind === 'split_utf8' ? multibyteToken : madeUpToken
  const reasoning = ask.endpoint === 'chat' ? Math.min(options.reasoningTokens, ask.maxTokens) : 0
  const texts = Array.from({ length: reasoning }, () => next(rng))
  if (ask.constraint)
    texts.push(...tokensOf(ask.hint && !wrong ? ask.hint : constrained(ask.constraint, wrong, rng)))
  else while (texts.length < wordsWanted(ask, options)) texts.push(next(rng))
  // The end token.
  if (ask.mayStop && (ask.constraint || options.stopAfterTokens !== null)) texts.push('')
  else while (texts.length < ask.maxTokens) texts.push(next(rng))
  const isCut = texts.length > ask.maxTokens || texts.at(-1) !== '' || !ask.mayStop
  texts.length = Math.min(texts.length, ask.maxTokens)
  if (fault?.kind === 'empty_text') texts.fill('')
  return { texts, reasoning, finish: isCut ? 'length' : 'stop' }
}

function wordsWanted({ maxTokens, mayStop }: Ask, { stopAfterTokens }: SimulatorOptions): number {
  return mayStop && stopAfterTokens !== null ? Math.min(stopAfterTokens - 1, maxTokens) : maxTokens
}

function constrained(constraint: NonNullable<Ask['constraint']>, wrong: boolean, rng: Rng): string {
  const right = rightAnswer(constraint, rng)
  return wrong ? wrongAnswer(constraint) : right
}
