import { Rng } from '../../rng.js'
import { describeDataset } from '../describe.js'
import type { DatasetPlan } from '../plan.js'
import { promptOfText } from './prompt.js'
import { saltIds, saltText } from './salt.js'
import { ofFixedLength, type Source, type SourceOptions } from './source.js'
import { checkVocabulary, randomIds } from './token-ids.js'
import { randomWords } from './words.js'

type Plan = Extract<DatasetPlan, { kind: 'random' }>

export const WORDS_NOTE =
  'the chat endpoint takes no token ids: prompts are words, their length in tokens is about what was asked'

/** Noise of an exact length: token ids, which need no tokenizer. On the chat endpoint as many common words. */
export function randomSource(plan: Plan, { seed, endpoint }: SourceOptions): Source {
  const { inputTokens, outputTokens, vocabulary } = plan
  checkVocabulary(vocabulary)
  const name = describeDataset(plan)
  const rngOf = (index: number) => new Rng(seed, `random/${index}`)

  if (endpoint === 'chat')
    return {
      name,
      size: null,
      notes: [WORDS_NOTE],
      item: (index, salt) => {
        const text = saltText(salt, index) + randomWords(rngOf(index), inputTokens)
        return ofFixedLength(promptOfText(text, endpoint), null, outputTokens)
      },
    }
  return {
    name,
    size: null,
    notes: [],
    item: (index, salt) => {
      const ids = randomIds(rngOf(index), inputTokens, vocabulary)
      return ofFixedLength(
        { kind: 'tokens', ids: saltIds(ids, { salt, index, vocabulary }) },
        inputTokens,
        outputTokens,
      )
    },
  }
}
