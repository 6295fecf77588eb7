import { UsageError } from '../../../platform/errors.js'
import { Rng } from '../../rng.js'
import { describeDataset } from '../describe.js'
import type { DatasetPlan } from '../plan.js'
import { WORDS_NOTE } from './random.js'
import { ofFixedLength, type Source, type SourceOptions } from './source.js'
import { checkVocabulary, randomIds } from './token-ids.js'
import { randomWords } from './words.js'

type Plan = Extract<DatasetPlan, { kind: 'prefix' }>

/**
 * What many users of one application send: `prefixes` shared beginnings in turn, each followed by a rest of its own, `inputTokens`
 * together. The salt is in the shared beginning, the same for all of a run: the cache is found cold and then filled by the run itself.
 * On the chat endpoint the beginning is the system's message.
 */
export function prefixSource(plan: Plan, { seed, endpoint }: SourceOptions): Source {
  const { inputTokens, outputTokens, prefixTokens, prefixes, vocabulary } = plan
  checkVocabulary(vocabulary)
  if (prefixTokens >= inputTokens)
    throw new UsageError(
      `Prompts of ${inputTokens} tokens can't begin with ${prefixTokens} shared ones: nothing of their own would be left`,
      { code: 'AIB_PREFIX_LENGTH' },
    )
  const beginning = (index: number, salt: string) =>
    new Rng(seed, `prefix/${salt}/${index % prefixes}`)
  const rest = (index: number) => new Rng(seed, `prefix/rest/${index}`)
  const restTokens = inputTokens - prefixTokens

  return {
    name: describeDataset(plan),
    size: null,
    notes: endpoint === 'chat' ? [WORDS_NOTE] : [],
    item: (index, salt) => {
      if (endpoint === 'completions') {
        const ids = [
          ...randomIds(beginning(index, salt), prefixTokens, vocabulary),
          ...randomIds(rest(index), restTokens, vocabulary),
        ]
        return ofFixedLength({ kind: 'tokens', ids }, inputTokens, outputTokens)
      }
      const messages = [
        { role: 'system', content: randomWords(beginning(index, salt), prefixTokens) },
        { role: 'user', content: randomWords(rest(index), restTokens) },
      ] as const
      return ofFixedLength({ kind: 'messages', messages }, null, outputTokens)
    },
  }
}
