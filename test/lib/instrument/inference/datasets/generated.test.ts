import { expect } from 'chai'
import { loadInferenceDataset } from '../../../../../src/lib/instrument/inference/datasets/load.js'
import type { Item } from '../../../../../src/lib/instrument/inference/item.js'
import type { DatasetPlan } from '../../../../../src/lib/instrument/inference/plan.js'
import { UsageError } from '../../../../../src/lib/platform/errors.js'
import { failureOf } from '../../../../support/dataset-files.js'

type Endpoint = 'chat' | 'completions'

const load = (plan: DatasetPlan, salt = 'salt', endpoint: Endpoint = 'completions') =>
  loadInferenceDataset(plan, { seed: 1, salt, endpoint, numPrompts: 10 })

function idsOf({ prompt }: Item): readonly number[] {
  if (prompt.kind !== 'tokens') throw new Error('no token ids')
  return prompt.ids
}
function messagesOf({ prompt }: Item) {
  if (prompt.kind !== 'messages') throw new Error('no messages')
  return prompt.messages
}

describe('the dataset random', () => {
  const plan = (inputTokens: number, vocabulary = 1000): DatasetPlan => ({
    kind: 'random',
    inputTokens,
    outputTokens: 7,
    vocabulary,
  })

  it('has prompts of the exact length, of ordinary tokens, no two alike', async () => {
    for (const length of [1, 3, 4, 5, 1024]) {
      const dataset = await load(plan(length))
      const items = Array.from({ length: 50 }, (_, index) => dataset.item(index))
      for (const item of items) {
        expect(idsOf(item)).to.have.lengthOf(length)
        expect(item).to.include({ inputTokens: length, maxTokens: 7, ignoreEos: true, atMs: null })
        for (const id of idsOf(item)) expect(id).to.be.within(256, 999)
      }
      if (length > 2) expect(new Set(items.map((item) => String(idsOf(item)))).size).to.equal(50)
    }
  })

  it('replaces the first four ids by the salt and leaves the rest', async () => {
    const [bare, salted] = [await load(plan(20), ''), await load(plan(20), 'x')]
    expect(idsOf(salted.item(3)).slice(4)).to.deep.equal(idsOf(bare.item(3)).slice(4))
    expect(idsOf(salted.item(3)).slice(0, 4)).to.not.deep.equal(idsOf(bare.item(3)).slice(0, 4))
  })

  it('is words on the chat endpoint, and says so', async () => {
    const dataset = await load(plan(50), 'r1', 'chat')
    const [{ content }] = messagesOf(dataset.item(2))
    expect(content).to.match(/^\[r1\/2\] [a-z]+( [a-z]+){49}$/)
    expect(dataset.notes.join()).to.include('words')
  })

  it('refuses a vocabulary without ordinary tokens', async () => {
    expect(await failureOf(load(plan(5, 256)))).to.be.instanceOf(UsageError)
  })
})

describe('the dataset prefix', () => {
  const plan: DatasetPlan = {
    kind: 'prefix',
    inputTokens: 100,
    outputTokens: 5,
    prefixTokens: 64,
    prefixes: 3,
    vocabulary: 1000,
  }

  it('shares its beginnings within a run, and nothing else', async () => {
    const dataset = await load(plan)
    const ids = Array.from({ length: 12 }, (_, index) => idsOf(dataset.item(index)))
    const count = (from: number, to?: number) =>
      new Set(ids.map((list) => String(list.slice(from, to)))).size
    expect(ids.every((list) => list.length === 100)).to.equal(true)
    expect(count(0, 64)).to.equal(3)
    expect(count(64)).to.equal(12)
    expect(ids[0].slice(0, 64)).to.deep.equal(ids[3].slice(0, 64))
  })

  it('is a system message and a question on chat', async () => {
    const dataset = await load(plan, 'salt', 'chat')
    const [first, fourth] = [messagesOf(dataset.item(0)), messagesOf(dataset.item(3))]
    expect(first.map(({ role }) => role)).to.deep.equal(['system', 'user'])
    expect(first[0]).to.deep.equal(fourth[0])
    expect(first[1]).to.not.deep.equal(fourth[1])
  })

  it('refuses a beginning as long as the prompt', async () => {
    const error = await failureOf(load({ ...plan, prefixTokens: 100 }))
    expect(error).to.be.instanceOf(UsageError)
  })
})

describe('the dataset multi-turn', () => {
  it('grows by a turn, and begins anew with the next conversation', async () => {
    const dataset = await load({ kind: 'multi-turn', turns: 3, outputTokens: 11 }, 's', 'chat')
    const turns = Array.from({ length: 6 }, (_, index) => messagesOf(dataset.item(index)))
    expect(turns.map((messages) => messages.length)).to.deep.equal([1, 3, 5, 1, 3, 5])
    for (const [shorter, longer] of [
      [turns[0], turns[1]],
      [turns[1], turns[2]],
      [turns[3], turns[4]],
    ])
      expect(longer.slice(0, shorter.length)).to.deep.equal(shorter)
    expect(turns[3][0]).to.not.deep.equal(turns[0][0])
    expect(turns[2].map(({ role }) => role).join(' ')).to.equal(
      'user assistant user assistant user',
    )
    expect(turns[1][1].content.split(' ')).to.have.lengthOf(11)
  })

  it('writes the roles out for completions, each history the beginning of the next', async () => {
    const dataset = await load({ kind: 'multi-turn', turns: 2, outputTokens: 5 })
    const [first, second] = [0, 1].map((index) => {
      const { prompt } = dataset.item(index)
      return prompt.kind === 'text' ? prompt.text : ''
    })
    expect(second).to.match(/^User: \[salt\] .*\nAssistant: .*\nUser: .*\nAssistant:$/)
    expect(second.startsWith(first.split('\n')[0].replace('[salt]', 'User: [salt]'))).to.equal(true)
  })
})
