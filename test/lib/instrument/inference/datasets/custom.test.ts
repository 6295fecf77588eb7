import { expect } from 'chai'
import { loadInferenceDataset } from '../../../../../src/lib/instrument/inference/datasets/load.js'
import { datasetFiles, failureOf } from '../../../../support/dataset-files.js'

type Endpoint = 'chat' | 'completions'

describe('the dataset custom', () => {
  const files = datasetFiles()
  const load = (
    path: string,
    {
      endpoint = 'chat' as Endpoint,
      numPrompts = 10,
      outputTokens = null as number | null,
      salt = '',
    } = {},
  ) =>
    loadInferenceDataset(
      { kind: 'custom', path, outputTokens },
      { seed: 1, salt, endpoint, numPrompts },
    )

  it('keeps the order of the file and goes through it again', async () => {
    const path = await files.lines({ prompt: 'a' }, { prompt: 'b' }, { prompt: 'c' })
    const dataset = await load(path, { endpoint: 'completions', salt: 's' })
    expect([0, 1, 2, 3].map((index) => dataset.item(index).prompt)).to.deep.equal([
      { kind: 'text', text: '[s/0] a' },
      { kind: 'text', text: '[s/1] b' },
      { kind: 'text', text: '[s/2] c' },
      { kind: 'text', text: '[s/3] a' },
    ])
  })

  it('takes messages, salted in the first, written out for completions', async () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ]
    const path = await files.lines({ messages })
    expect((await load(path, { salt: 's' })).item(0).prompt).to.deep.equal({
      kind: 'messages',
      messages: [{ role: 'system', content: '[s/0] Be brief.' }, messages[1]],
    })
    expect((await load(path, { endpoint: 'completions' })).item(0).prompt).to.deep.equal({
      kind: 'text',
      text: 'System: Be brief.\nUser: Hi\nAssistant:',
    })
  })

  it('takes token ids as they are, on completions only', async () => {
    const path = await files.lines({ prompt: [5, 6, 7] })
    const dataset = await load(path, { endpoint: 'completions', salt: 's' })
    expect(dataset.item(0)).to.deep.include({
      prompt: { kind: 'tokens', ids: [5, 6, 7] },
      inputTokens: 3,
    })
    expect(dataset.notes.join()).to.include('without a salt')
    expect(((await failureOf(load(path))) as Error).message).to.match(/:1: "prompt" is token ids/)
  })

  it('knows lengths that are a limit from lengths that are exact', async () => {
    const path = await files.lines(
      { prompt: 'a' },
      { prompt: 'a', max_tokens: 5 },
      { prompt: 'a', output_tokens: 6 },
      { prompt: 'a', output_tokens: 7, choice: ['x'] },
    )
    const lengths = async (outputTokens: number | null) => {
      const dataset = await load(path, { outputTokens })
      return [0, 1, 2, 3].map((index) => {
        const { maxTokens, ignoreEos } = dataset.item(index)
        return [maxTokens, ignoreEos]
      })
    }
    expect(await lengths(null)).to.deep.equal([
      [128, false],
      [5, false],
      [6, true],
      [7, false],
    ])
    expect(await lengths(9)).to.deep.equal([9, 9, 9, 9].map((length) => [length, false]))
  })

  it('takes constraints of each kind', async () => {
    const path = await files.lines(
      { prompt: 'a', schema: { type: 'integer' } },
      { prompt: 'a', regex: 'a+' },
      { prompt: 'a', choice: ['x', 'y'] },
      { prompt: 'a', grammar: 'root ::= "a"' },
    )
    const dataset = await load(path)
    expect([0, 1, 2, 3].map((index) => dataset.item(index).constraint)).to.deep.equal([
      { kind: 'json', schema: { type: 'integer' } },
      { kind: 'regex', pattern: 'a+' },
      { kind: 'choice', choices: ['x', 'y'] },
      { kind: 'grammar', grammar: 'root ::= "a"' },
    ])
  })

  it('reads no more lines than there are prompts', async () => {
    const path = await files.put('{"prompt":"a"}\n{"prompt":"b"}\nnonsense\n')
    expect((await load(path, { numPrompts: 2 })).size).to.equal(2)
    expect(((await failureOf(load(path, { numPrompts: 3 }))) as Error).message).to.include(':3:')
  })

  for (const { row, says } of [
    { row: '{"prompt": "a"', says: /:3: it is not JSON/ },
    { row: '[1]', says: /:3: not a JSON object/ },
    { row: '{}', says: /:3: it has neither "prompt" nor "messages"/ },
    { row: '{"prompt": 5}', says: /:3: "prompt" is neither/ },
    { row: '{"messages": []}', says: /:3: it has neither/ },
    { row: '{"messages": [{"role": "robot", "content": "a"}]}', says: /:3: it has neither/ },
    { row: '{"prompt": "a", "max_tokens": 0}', says: /:3: "max_tokens" is not a whole number/ },
    { row: '{"prompt": "a", "output_tokens": "9"}', says: /:3: "output_tokens"/ },
    { row: '{"prompt": "a", "schema": "{}"}', says: /:3: "schema" is not a JSON schema/ },
    { row: '{"prompt": "a", "choice": []}', says: /:3: "choice" is not a list of texts/ },
    {
      row: '{"prompt": "a", "regex": "a", "choice": ["a"]}',
      says: /:3: only one of regex and choice/,
    },
  ])
    it(`names the line of ${row}`, async () => {
      const path = await files.put(`{"prompt":"fine"}\n\n${row}\n`)
      const error = await failureOf(load(path))
      expect(error).to.have.property('code', 'AIB_DATASET_FILE')
      expect((error as Error).message)
        .to.include(path)
        .and.match(says)
    })

  it('refuses a file without a request', async () => {
    expect(((await failureOf(load(await files.put('\n\n')))) as Error).message).to.match(
      /no request/,
    )
  })
})
