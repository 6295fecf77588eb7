import { expect } from 'chai'
import { loadInferenceDataset } from '../../../../../src/lib/instrument/inference/datasets/load.js'
import type { Item } from '../../../../../src/lib/instrument/inference/item.js'
import type { DatasetPlan } from '../../../../../src/lib/instrument/inference/plan.js'
import { UsageError } from '../../../../../src/lib/platform/errors.js'
import { datasetFiles, failureOf } from '../../../../support/dataset-files.js'

const vocabulary = 32_000
const conversation = (text: string) => ({
  conversations: [
    { from: 'human', value: `${text} and tell me why it is so` },
    { from: 'gpt', value: 'because of the tides, mostly' },
  ],
})

describe('inference datasets', () => {
  const files = datasetFiles()

  const plans = async (): Promise<DatasetPlan[]> => [
    { kind: 'random', inputTokens: 40, outputTokens: 8, vocabulary },
    {
      kind: 'prefix',
      inputTokens: 40,
      outputTokens: 8,
      prefixTokens: 30,
      prefixes: 2,
      vocabulary,
    },
    { kind: 'multi-turn', turns: 3, outputTokens: 8 },
    ...(['json', 'json-unique', 'json-schema', 'grammar', 'regex', 'choice'] as const).map(
      (kind) => ({ kind, outputTokens: 64, path: null }),
    ),
    {
      kind: 'xgrammar',
      outputTokens: 64,
      path: await files.lines(
        { prompt: [{ role: 'user', content: 'a' }], schema: '{"type":"integer"}' },
        { prompt: [{ role: 'user', content: 'b' }], schema: { type: 'boolean' } },
      ),
    },
    {
      kind: 'sharegpt',
      outputTokens: null,
      path: await files.put(JSON.stringify(['x', 'y', 'z'].map(conversation))),
    },
    { kind: 'custom', outputTokens: 9, path: await files.lines({ prompt: 'a' }, { prompt: 'b' }) },
    {
      kind: 'trace',
      vocabulary,
      path: await files.lines(
        { timestamp: 5, input_length: 600, output_length: 3, hash_ids: [1, 2] },
        { timestamp: 9, input_length: 700, output_length: 4, hash_ids: [1, 3] },
      ),
    },
  ]
  const INDICES = [0, 1, 2, 3, 7, 1000]
  const load = (plan: DatasetPlan, more: { seed?: number; salt?: string } = {}) =>
    loadInferenceDataset(plan, {
      seed: 1,
      salt: '',
      endpoint: 'completions',
      numPrompts: 10,
      ...more,
    })
  const begin = ({ prompt }: Item) =>
    prompt.kind === 'tokens'
      ? String(prompt.ids.slice(0, 4))
      : prompt.kind === 'text'
        ? prompt.text.slice(0, 30)
        : prompt.messages[0].content.slice(0, 30)

  it('give the same item for a seed and an index, in any order and in every worker', async () => {
    for (const plan of await plans())
      for (const endpoint of ['chat', 'completions'] as const) {
        const options = { seed: 3, salt: 'run', endpoint, numPrompts: 10 }
        const [one, other] = [
          await loadInferenceDataset(plan, options),
          await loadInferenceDataset(plan, options),
        ]
        const forwards = INDICES.map((index) => one.item(index))
        const backwards = INDICES.toReversed().map((index) => other.item(index))
        expect(forwards, plan.kind).to.deep.equal(backwards.toReversed())
        expect(one.hash).to.equal(other.hash)
      }
  })

  it('send token ids to completions only, and never to chat', async () => {
    for (const plan of await plans())
      for (const endpoint of ['chat', 'completions'] as const) {
        const dataset = await loadInferenceDataset(plan, {
          seed: 1,
          salt: 's',
          endpoint,
          numPrompts: 10,
        })
        for (const { prompt, inputTokens } of INDICES.map((index) => dataset.item(index))) {
          expect(prompt.kind === 'messages', plan.kind).to.equal(endpoint === 'chat')
          expect(inputTokens, plan.kind).to.equal(
            prompt.kind === 'tokens' ? prompt.ids.length : null,
          )
        }
      }
  })

  it('begin with other tokens under another salt, and keep their hash', async () => {
    for (const plan of await plans()) {
      const [bare, a, b] = await Promise.all(['', 'a', 'b'].map((salt) => load(plan, { salt })))
      expect(a.hash, plan.kind).to.equal(b.hash).and.equal(bare.hash)
      for (const index of INDICES) {
        const begins = [bare, a, b].map((dataset) => begin(dataset.item(index)))
        expect(new Set(begins).size, `${plan.kind} ${index}: ${begins.join(' | ')}`).to.equal(3)
      }
    }
  })

  it('have another hash with another seed, length or content', async () => {
    const random = { kind: 'random', inputTokens: 40, outputTokens: 8, vocabulary } as const
    const hashes = await Promise.all([
      load(random),
      load(random, { seed: 2 }),
      load({ ...random, outputTokens: 9 }),
      load({ ...random, vocabulary: 1000 }),
      load({ kind: 'custom', outputTokens: 9, path: await files.lines({ prompt: 'a' }) }),
      load({ kind: 'custom', outputTokens: 9, path: await files.lines({ prompt: 'b' }) }),
    ])
    expect(new Set(hashes.map(({ hash }) => hash)).size).to.equal(6)
    expect(hashes[0].hash).to.match(/^[0-9a-f]{64}$/)
  })

  it('have the hash of their content, wherever the file lies', async () => {
    const [one, copy] = [await files.lines({ prompt: 'a' }), await files.lines({ prompt: 'a' })]
    const hashOf = async (path: string) =>
      (await load({ kind: 'custom', outputTokens: 9, path })).hash
    expect(await hashOf(one)).to.equal(await hashOf(copy))
  })

  it('never ask a constrained answer to go on after its end', async () => {
    for (const plan of await plans()) {
      const dataset = await load(plan)
      for (const { constraint, ignoreEos } of INDICES.map((index) => dataset.item(index)))
        expect(constraint !== null && ignoreEos, plan.kind).to.equal(false)
    }
  })

  it('ask for the file that xgrammar reads', async () => {
    const error = await failureOf(load({ kind: 'xgrammar', outputTokens: 9, path: null }))
    expect(error).to.be.instanceOf(UsageError).with.property('code', 'AIB_DATASET_FILE')
  })

  for (const kind of ['sharegpt', 'custom', 'trace'] as const)
    it(`name a ${kind} file that is not there, or is a folder`, async () => {
      for (const [path, says] of [
        [files.path('none'), 'no such file'],
        [files.path('.'), 'a folder'],
      ]) {
        const error = await failureOf(load({ kind, path, outputTokens: null, vocabulary }))
        expect(error).to.be.instanceOf(UsageError).with.property('message').that.includes(path)
        expect((error as Error).message).to.include(says)
      }
    })
})
