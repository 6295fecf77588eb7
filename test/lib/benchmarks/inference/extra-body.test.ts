import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AibenchError } from '../../../../src/lib/platform/errors.js'
import { extraBodyFrom } from '../../../../src/lib/benchmarks/inference/extra-body.js'

describe('fields of the user’s own in every request', () => {
  let folder: string
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'aibench-extra-'))))
  after(() => rm(folder, { recursive: true }))

  const read = (text: string, isConstrained = false) =>
    extraBodyFrom(folder, text, { bench: 'aibench vllm bench', isConstrained })

  it('are read from the command line or a file', async () => {
    const body = { chat_template_kwargs: { enable_thinking: false }, top_p: 0.9 }
    await writeFile(join(folder, 'body.json'), JSON.stringify(body))
    expect(await read(JSON.stringify(body))).to.deep.equal(body)
    expect(await read('@body.json')).to.deep.equal(body)
    expect(await read('{"response_format":{"type":"text"}}')).to.have.property('response_format')
  })

  for (const [text, says] of [
    ['{', /--extra-body must be JSON/],
    ['[1]', /must be a JSON object/],
    ['null', /must be a JSON object/],
    ['@gone.json', /There is no file .*gone\.json/],
    ['{"stream":false}', /sets stream, which the benchmark sets itself/],
    ['{"model":"x"}', /sets model/],
    ['{"top_p":1,"max_tokens":9}', /sets max_tokens/],
    ['{"n":2}', /sets n,/],
  ] as const)
    it(`are refused: ${text}`, async () => {
      const error = await read(text).catch((thrown: AibenchError) => thrown)
      expect(error).to.include({ exitCode: 2, code: 'AIB_EXTRA_BODY' })
      expect((error as AibenchError).message).to.match(says)
    })

  it('do not replace the constraints of a dataset', async () => {
    const error = await read('{"guided_json":{}}', true).catch((thrown: AibenchError) => thrown)
    expect((error as AibenchError).message).to.match(/guided_json/)
  })
})
