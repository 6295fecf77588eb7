import { Rng } from '../../rng.js'
import { constrainedSource } from './constrained.js'
import type { Source, SourceOptions } from './source.js'
import { pick, randomWords } from './words.js'

const TASKS: readonly { ask: string; choices: readonly string[] }[] = [
  { ask: 'What is the mood of this note', choices: ['positive', 'negative', 'neutral'] },
  { ask: 'How urgent is this note', choices: ['now', 'today', 'this week', 'some day'] },
  { ask: 'Is this note about people', choices: ['yes', 'no'] },
  {
    ask: 'Which team should read this note',
    choices: ['sales', 'support', 'engineering', 'finance', 'legal'],
  },
]

/** A few short answers to take one of: what a classifier does. */
export function choiceSource(outputTokens: number, options: SourceOptions): Source {
  return constrainedSource(
    {
      name: 'choice',
      size: null,
      outputTokens,
      task: (index) => {
        const rng = new Rng(options.seed, `choice/${index}`)
        const { ask, choices } = pick(rng, TASKS)
        const question = `${ask}: "${randomWords(rng, 12)}"? Answer with one of: ${choices.join(', ')}.`
        return { question, constraint: { kind: 'choice', choices } }
      },
    },
    options,
  )
}
