import { Rng } from '../../rng.js'
import type { ChatMessage } from '../item.js'
import { describeDataset } from '../describe.js'
import type { DatasetPlan } from '../plan.js'
import { promptOfMessages } from './prompt.js'
import { saltText } from './salt.js'
import { ofFixedLength, type Source, type SourceOptions } from './source.js'
import { randomWords } from './words.js'

type Plan = Extract<DatasetPlan, { kind: 'multi-turn' }>

const FEWEST_WORDS = 16
const MOST_WORDS = 64

/**
 * Conversations that grow: item `conversation × turns + turn` brings the whole history so far. The assistant's part of it is made up, as
 * long as the answers that are asked for, so that no item waits for another. The salt is a run's, else no turn would find the one before
 * it in the cache.
 */
export function multiTurnSource(plan: Plan, { seed, endpoint }: SourceOptions): Source {
  const { turns, outputTokens } = plan
  return {
    name: describeDataset(plan),
    size: null,
    notes: [],
    item: (index, salt) => {
      const messages = history(Math.floor(index / turns), index % turns)
      return ofFixedLength(promptOfMessages(messages, endpoint, saltText(salt)), null, outputTokens)
    },
  }

  function history(conversation: number, turn: number): ChatMessage[] {
    const rng = new Rng(seed, `multi-turn/${conversation}`)
    const messages: ChatMessage[] = []
    for (let t = 0; t <= turn; t++) {
      const length = FEWEST_WORDS + rng.below(MOST_WORDS - FEWEST_WORDS + 1)
      messages.push({ role: 'user', content: randomWords(rng, length) })
      const answer = randomWords(rng, outputTokens)
      if (t < turn) messages.push({ role: 'assistant', content: answer })
    }
    return messages
  }
}
