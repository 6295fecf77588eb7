import { expect } from 'chai'
import { loadInferenceDataset } from '../../../../../src/lib/instrument/inference/datasets/load.js'
import type { Item } from '../../../../../src/lib/instrument/inference/item.js'
import { datasetFiles, failureOf } from '../../../../support/dataset-files.js'

function idsOf({ prompt }: Item): readonly number[] {
  if (prompt.kind !== 'tokens') throw new Error('no token ids')
  return prompt.ids
}

const row = (
  timestamp: number,
  input_length: number,
  output_length: number,
  hash_ids: number[],
) => ({
  timestamp,
  input_length,
  output_length,
  hash_ids,
})

describe('the dataset trace', () => {
  const files = datasetFiles()
  const load = (
    path: string,
    { numPrompts = 100, salt = 's', endpoint = 'completions' as 'chat' | 'completions' } = {},
  ) =>
    loadInferenceDataset(
      { kind: 'trace', path, vocabulary: 1000 },
      { seed: 1, salt, endpoint, numPrompts },
    )

  describe('of Mooncake', () => {
    const rows = [
      row(2000, 1100, 5, [7, 8, 9]),
      row(2500, 1030, 6, [7, 8, 10]),
      row(4000, 100, 7, [11]),
    ]

    it('keeps times and lengths', async () => {
      const dataset = await load(await files.lines(...rows))
      const items = [0, 1, 2].map((index) => dataset.item(index))
      expect(items.map(({ atMs }) => atMs)).to.deep.equal([0, 500, 2000])
      expect(items.map(({ inputTokens }) => inputTokens)).to.deep.equal([1100, 1030, 100])
      expect(items.map((item) => idsOf(item).length)).to.deep.equal([1100, 1030, 100])
      expect(items.map(({ maxTokens }) => maxTokens)).to.deep.equal([5, 6, 7])
      expect(items.every(({ ignoreEos }) => ignoreEos)).to.equal(true)
      for (const id of idsOf(items[0])) expect(id).to.be.within(256, 999)
    })

    it('really shares the blocks of one hash id, and no others', async () => {
      const dataset = await load(await files.lines(...rows))
      const [first, second, third] = [0, 1, 2].map((index) => idsOf(dataset.item(index)))
      expect(first.slice(0, 1024)).to.deep.equal(second.slice(0, 1024))
      expect(first.slice(1024, 1030)).to.not.deep.equal(second.slice(1024, 1030))
      expect(third).to.not.deep.equal(first.slice(0, 100))
      expect(first.slice(0, 512)).to.not.deep.equal(first.slice(512, 1024))
    })

    it('shares nothing with another run, nor with its own next round', async () => {
      const path = await files.lines(...rows)
      const [one, other] = [await load(path), await load(path, { salt: 't' })]
      const begins = [one.item(0), other.item(0), one.item(3)].map((item) =>
        String(idsOf(item).slice(0, 16)),
      )
      expect(new Set(begins).size).to.equal(3)
    })

    it('goes on in time when it is gone through again', async () => {
      const dataset = await load(await files.lines(...rows))
      const times = Array.from({ length: 7 }, (_, index) => dataset.item(index).atMs)
      expect(times).to.deep.equal([0, 500, 2000, 3000, 3500, 5000, 6000])
    })

    it('fills what no block covers with tokens of its own', async () => {
      const dataset = await load(await files.lines(row(0, 600, 1, [1]), row(1, 600, 1, [1])))
      const [first, second] = [0, 1].map((index) => idsOf(dataset.item(index)))
      expect(first).to.have.lengthOf(600)
      expect(first.slice(0, 512)).to.deep.equal(second.slice(0, 512))
      expect(first.slice(512)).to.not.deep.equal(second.slice(512))
    })

    it('reads no more rows than there are prompts, and puts them in order of time', async () => {
      const path = await files.put(
        [row(30, 1, 1, []), row(10, 2, 1, []), row(20, 3, 0, [])]
          .map((r) => JSON.stringify(r))
          .join('\n') + '\nnonsense',
      )
      const dataset = await load(path, { numPrompts: 3 })
      expect(dataset.size).to.equal(3)
      expect(
        [0, 1, 2].map((index) => {
          const { atMs, inputTokens, maxTokens } = dataset.item(index)
          return [atMs, inputTokens, maxTokens]
        }),
      ).to.deep.equal([
        [0, 2, 1],
        [10, 3, 1],
        [20, 1, 1],
      ])
    })

    it('is words on chat, shared as the blocks are', async () => {
      const dataset = await load(await files.lines(...rows), { endpoint: 'chat' })
      const words = [0, 1].map((index) => {
        const { prompt } = dataset.item(index)
        return prompt.kind === 'messages' ? prompt.messages[0].content.split(' ') : []
      })
      expect(words.map(({ length }) => length)).to.deep.equal([1100, 1030])
      expect(words[0].slice(0, 1024)).to.deep.equal(words[1].slice(0, 1024))
    })
  })

  describe('of Azure', () => {
    it('reads times of seven digits, offsets, and columns by their names', async () => {
      for (const text of [
        'TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:15:46.6805900,374,44\r\n2023-11-16 18:15:50.9951690,396,109\r\n',
        'GeneratedTokens,TIMESTAMP,ContextTokens\n44,2023-11-16 18:15:46.680590+00:00,374\n109,2023-11-16T19:15:50.995169+01:00,396',
      ]) {
        const dataset = await load(await files.put(text))
        const items = [0, 1].map((index) => dataset.item(index))
        expect(dataset.name).to.equal('trace azure 2 requests')
        expect(items[1].atMs).to.be.closeTo(4314.579, 0.01)
        expect(items.map(({ inputTokens, maxTokens }) => [inputTokens, maxTokens])).to.deep.equal([
          [374, 44],
          [396, 109],
        ])
        expect(idsOf(items[0]).slice(0, 8)).to.not.deep.equal(idsOf(items[1]).slice(0, 8))
      }
    })
  })

  const AZURE = 'TIMESTAMP,ContextTokens,GeneratedTokens'
  for (const { title, text, says } of [
    {
      title: 'JSON that is cut off',
      text: '{"timestamp":1,"input_length":2,"output_length":3}\n{"time',
      says: /:2: /,
    },
    {
      title: 'a row without a time',
      text: '{"input_length":2,"output_length":3}',
      says: /:1: "timestamp" is not/,
    },
    {
      title: 'a length that is none',
      text: '{"timestamp":1,"input_length":-2,"output_length":3}',
      says: /:1: "input_length" or/,
    },
    {
      title: 'hash ids that are none',
      text: '{"timestamp":1,"input_length":2,"output_length":3,"hash_ids":["a"]}',
      says: /:1: "hash_ids"/,
    },
    { title: 'a header of something else', text: 'a,b,c\n1,2,3', says: /:1: not a trace/ },
    {
      title: 'a time that is none',
      text: `${AZURE}\nyesterday,1,2`,
      says: /:2: "yesterday" is not a time/,
    },
    {
      title: 'a row that is too short',
      text: `${AZURE}\n2023-11-16 18:15:46,1`,
      says: /:2: a count of tokens/,
    },
    { title: 'a header and nothing else', text: AZURE, says: /no request/ },
    { title: 'an empty file', text: '', says: /no request/ },
  ])
    it(`refuses ${title} and names the line`, async () => {
      const path = await files.put(text)
      const error = await failureOf(load(path))
      expect(error).to.have.property('code', 'AIB_DATASET_FILE')
      expect((error as Error).message)
        .to.include(path)
        .and.match(says)
    })
})
