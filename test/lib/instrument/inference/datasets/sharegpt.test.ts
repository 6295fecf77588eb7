import { expect } from 'chai'
import { open } from 'node:fs/promises'
import { loadInferenceDataset } from '../../../../../src/lib/instrument/inference/datasets/load.js'
import type { Item } from '../../../../../src/lib/instrument/inference/item.js'
import { datasetFiles, failureOf } from '../../../../support/dataset-files.js'

const QUESTION = 'What is the tallest mountain of Africa?'
const ANSWER = 'Kilimanjaro, with 5,895 metres above the sea.'

const turn = (from: string, value: string) => ({ from, value })
const conversation = (question: string, answer = ANSWER) => ({
  id: 'x',
  conversations: [turn('human', question), turn('gpt', answer), turn('human', 'And then?')],
})
const textOf = ({ prompt }: Item) => (prompt.kind === 'text' ? prompt.text : '')

describe('the dataset sharegpt', () => {
  const files = datasetFiles()
  const load = (
    path: string,
    { seed = 1, numPrompts = 10, outputTokens = null as number | null } = {},
  ) =>
    loadInferenceDataset(
      { kind: 'sharegpt', path, outputTokens },
      { seed, salt: '', endpoint: 'completions', numPrompts },
    )

  it('takes the first question, and from the answer its length', async () => {
    const path = await files.put(JSON.stringify([conversation(QUESTION)]))
    const dataset = await load(path)
    expect(dataset).to.include({ size: 1, name: 'sharegpt 1 of 1 conversations' })
    expect(dataset.item(0)).to.deep.equal({
      prompt: { kind: 'text', text: QUESTION },
      inputTokens: null,
      maxTokens: Math.ceil(ANSWER.length / 4),
      ignoreEos: false,
      constraint: null,
      atMs: null,
    })
    expect(dataset.item(5)).to.deep.equal(dataset.item(0))
    expect((await load(path, { outputTokens: 77 })).item(0).maxTokens).to.equal(77)
  })

  it('leaves out what is too short, too long, or without an answer, and counts it', async () => {
    const path = await files.put(
      JSON.stringify([
        conversation(QUESTION),
        conversation('Why?'),
        conversation(QUESTION, 'No.'),
        conversation('long '.repeat(1000)),
        conversation(QUESTION, 'long '.repeat(2000)),
        { conversations: [turn('human', QUESTION)] },
        { conversations: [turn('gpt', ANSWER)] },
        { conversations: [] },
        {
          conversations: [
            turn('system', 'Be kind.'),
            turn('user', 'Kind of what, say?'),
            turn('assistant', ANSWER),
          ],
        },
      ]),
    )
    const dataset = await load(path)
    expect(dataset.size).to.equal(2)
    expect(dataset.notes.join()).to.match(/^7 of 9 conversations left out/)
    expect([0, 1].map((index) => textOf(dataset.item(index))).sort()).to.deep.equal([
      'Kind of what, say?',
      QUESTION,
    ])
  })

  it('takes an even sample by the seed, from the whole file', async () => {
    const path = await files.put(
      JSON.stringify(
        Array.from({ length: 1000 }, (_, n) => conversation(`Question number ${n} of all?`)),
        null,
        1,
      ),
    )
    const numbers = async (seed: number) => {
      const dataset = await load(path, { seed, numPrompts: 100 })
      return Array.from({ length: 100 }, (_, index) =>
        Number(/\d+/.exec(textOf(dataset.item(index)))),
      )
    }
    const [one, again, other] = [await numbers(1), await numbers(1), await numbers(2)]
    expect(one).to.deep.equal(again)
    expect(one).to.not.deep.equal(other)
    expect(new Set(one).size).to.equal(100)
    const mean = one.reduce((sum, n) => sum + n, 0) / 100
    expect(mean).to.be.within(350, 650)
  })

  it('reads lines as well, with a byte order mark', async () => {
    const path = await files.put(`\ufeff${JSON.stringify(conversation(QUESTION))}\n`)
    expect(textOf((await load(path)).item(0))).to.equal(QUESTION)
  })

  for (const { title, text, says } of [
    {
      title: 'another kind of file',
      text: '[\n{"a": 1}\n]',
      says: /:2: it has no list "conversations"/,
    },
    {
      title: 'a file that is cut off',
      text: `[${JSON.stringify(conversation(QUESTION))},\n{"conver`,
      says: /line 2: it is cut off/,
    },
    {
      title: 'broken JSON',
      text: '[\n\n{"conversations": [}]}]',
      says: /:3: it is not JSON|line 3/,
    },
    { title: 'text', text: 'hello\n', says: /:1: it is not JSON/ },
    { title: 'an empty file', text: '', says: /none of its 0 conversations/ },
    {
      title: 'a file of one short word',
      text: JSON.stringify([conversation('Why?')]),
      says: /none of its 1 conversations/,
    },
  ])
    it(`refuses ${title} and says where`, async () => {
      const path = await files.put(text)
      const error = await failureOf(load(path))
      expect(error).to.have.property('code', 'AIB_DATASET_FILE')
      expect((error as Error).message)
        .to.include(path)
        .and.match(says)
    })

  it('reads 200 MB in flat memory', async function () {
    const path = files.path('large.json')
    const [bytes, count] = await writeLarge(path, 200e6)
    expect(bytes).to.be.at.least(200e6)

    const before = process.memoryUsage.rss()
    let peak = before
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5)
    const dataset = await load(path, { numPrompts: 1000 })
    clearInterval(watch)

    expect(dataset.name).to.equal(`sharegpt 1000 of ${count} conversations`)
    // The file alone would be 200 MB as bytes, and as much again as text.
    expect(peak - before).to.be.below(150e6)
  })
})

async function writeLarge(path: string, atLeast: number): Promise<[bytes: number, count: number]> {
  const one = JSON.stringify(conversation(QUESTION, `${ANSWER} \\"é😀` + 'and so on '.repeat(300)))
  const block = Buffer.from(`${one},\n`.repeat(1000))
  const file = await open(path, 'w')
  await file.write('[')
  let [bytes, count] = [0, 1]
  for (; bytes < atLeast; bytes += block.length, count += 1000) await file.write(block)
  await file.write(`${one}]`)
  await file.close()
  return [bytes, count]
}
