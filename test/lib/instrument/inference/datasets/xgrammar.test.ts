import { expect } from 'chai'
import { loadInferenceDataset } from '../../../../../src/lib/instrument/inference/datasets/load.js'
import { usesUnsupported } from '../../../../../src/lib/instrument/inference/datasets/xgrammar.js'
import { datasetFiles, failureOf } from '../../../../support/dataset-files.js'

const prompt = [
  { role: 'system', content: 'You answer in JSON.' },
  { role: 'user', content: 'How old?' },
]
const GOOD = { type: 'object', properties: { age: { type: 'integer' } } }

describe('the dataset xgrammar', () => {
  const files = datasetFiles()
  const load = (path: string) =>
    loadInferenceDataset(
      { kind: 'xgrammar', path, outputTokens: 99 },
      { seed: 1, salt: '', endpoint: 'chat', numPrompts: 10 },
    )

  it('reads json-mode-eval, lines or an array, and leaves out what xgrammar does not do', async () => {
    const rows = [
      { prompt, completion: '{}', schema: JSON.stringify(GOOD) },
      { prompt, completion: '{}', schema: { type: 'string', format: 'date' } },
      { prompt, completion: '{}', schema: { type: 'null' } },
    ]
    for (const path of [await files.lines(...rows), await files.put(JSON.stringify(rows))]) {
      const dataset = await load(path)
      expect(dataset.size).to.equal(2)
      expect(dataset.notes.join()).to.match(/^1 of 3 schemas left out/)
      expect(dataset.item(0)).to.deep.equal({
        prompt: { kind: 'messages', messages: prompt },
        inputTokens: null,
        maxTokens: 99,
        ignoreEos: false,
        constraint: { kind: 'json', schema: GOOD },
        atMs: null,
      })
      expect(dataset.item(1).constraint).to.deep.equal({ kind: 'json', schema: { type: 'null' } })
    }
  })

  for (const { title, schema, unsupported } of [
    { title: 'multipleOf', schema: { type: 'number', multipleOf: 2 }, unsupported: true },
    {
      title: 'uniqueItems deep inside',
      schema: { properties: { a: { anyOf: [{ items: { uniqueItems: true } }] } } },
      unsupported: true,
    },
    {
      title: 'a format in definitions',
      schema: { $defs: { a: { format: 'email' } } },
      unsupported: true,
    },
    { title: 'minProperties', schema: { minProperties: 1 }, unsupported: true },
    {
      title: 'properties that are called so',
      schema: { properties: { format: { type: 'string' }, contains: {} }, required: ['format'] },
      unsupported: false,
    },
    {
      title: 'data that look so',
      schema: { enum: [{ format: 1 }], const: { multipleOf: 1 }, default: { contains: 1 } },
      unsupported: false,
    },
  ])
    it(`${unsupported ? 'leaves out' : 'keeps'} ${title}`, () => {
      expect(usesUnsupported(schema)).to.equal(unsupported)
    })

  for (const { row, says } of [
    { row: { prompt: 'text', schema: {} }, says: /:2: "prompt" must be a list of messages/ },
    { row: { prompt, schema: '{' }, says: /:2: "schema" must be a JSON schema/ },
    { row: { prompt }, says: /:2: "schema" must be a JSON schema/ },
  ])
    it(`names the line of ${JSON.stringify(row)}`, async () => {
      const path = await files.lines({ prompt, schema: GOOD }, row)
      expect(((await failureOf(load(path))) as Error).message).to.match(says)
    })

  it('refuses a file of which nothing is left', async () => {
    const path = await files.lines({ prompt, schema: { format: 'date' } })
    expect(((await failureOf(load(path))) as Error).message).to.match(/none of its 1 schemas/)
  })
})
