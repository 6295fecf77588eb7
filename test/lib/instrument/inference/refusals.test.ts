import { expect } from 'chai'
import fc from 'fast-check'
import { modelOf, modelsIn, versionOf } from '../../../../src/lib/instrument/inference/models.js'
import { refusalOf } from '../../../../src/lib/instrument/inference/refusal.js'
import { parseServerMetrics } from '../../../../src/lib/instrument/inference/server-metrics.js'
import { NextSteps } from '../../../../src/lib/instrument/next-steps.js'
import { RequestError } from '../../../../src/lib/instrument/http/request-error.js'
import { VLLM } from '../../../support/measured.js'
import type { AibenchError } from '../../../../src/lib/platform/errors.js'

const URL_TEXT = 'http://127.0.0.1:8000'
const aim = { service: VLLM, url: URL_TEXT, tokenFile: '/tmp/my key', instance: null }
const next = new NextSteps(aim)
const asked = {
  ...{ url: new URL(URL_TEXT), endpoint: 'completions' as const, model: 'm', listed: ['a', 'b'] },
  ...{ inputTokens: 1024, maxTokens: 128, next },
}
const BENCH = `aibench vllm bench --url ${URL_TEXT} --api-key-file '/tmp/my key'`

describe('a refusal of the first request', () => {
  for (const { title, errorClass, body, code, exitCode, hint } of [
    {
      title: 'endpoint',
      errorClass: 'http_404',
      body: '{"detail":"Not Found"}',
      code: 'AIB_ENDPOINT',
      exitCode: 2,
      hint: '--endpoint chat',
    },
    {
      title: 'endpoint, by method',
      errorClass: 'http_405',
      body: '',
      code: 'AIB_ENDPOINT',
      exitCode: 2,
      hint: '--endpoint chat',
    },
    {
      title: 'model',
      errorClass: 'http_404',
      body: '{"error":{"message":"The model `m` does not exist.","code":"model_not_found"}}',
      code: 'AIB_MODEL',
      exitCode: 2,
      hint: 'models: a b',
    },
    {
      title: 'length',
      errorClass: 'http_400',
      body: '{"error":{"message":"This model\'s maximum context length is 512 tokens"}}',
      code: 'AIB_LENGTH',
      exitCode: 2,
      hint: `${BENCH} --input-len 128 --output-len 64`,
    },
    {
      title: 'size',
      errorClass: 'http_413',
      body: '<html>',
      code: 'AIB_LENGTH',
      exitCode: 2,
      hint: `${BENCH} --input-len 128 --output-len 64`,
    },
    {
      title: 'field',
      errorClass: 'http_422',
      body: '{"detail":"Extra inputs are not permitted"}',
      code: 'AIB_REQUEST_REFUSED',
      exitCode: 2,
      hint: '--endpoint chat',
    },
    {
      title: 'token',
      errorClass: 'http_401',
      body: '{"error":"Unauthorized"}',
      code: 'AIB_TOKEN',
      exitCode: 2,
      hint: '--api-key-file FILE',
    },
    {
      title: 'quota',
      errorClass: 'http_429',
      body: 'slow down',
      code: 'AIB_QUOTA',
      exitCode: 3,
      hint: `${BENCH} --concurrency 1`,
    },
    {
      title: 'odd answer',
      errorClass: 'not_a_stream',
      body: 'JSON',
      code: 'AIB_ODD_ANSWER',
      exitCode: 6,
      hint: `curl -i ${URL_TEXT}/v1/models`,
    },
    {
      title: 'nobody',
      errorClass: 'refused',
      body: 'connect',
      code: 'AIB_UNREACHABLE',
      exitCode: 7,
      hint: `curl -i ${URL_TEXT}/v1/models`,
    },
    {
      title: 'loading',
      errorClass: 'http_503',
      body: '',
      code: 'AIB_UNREACHABLE',
      exitCode: 7,
      hint: `curl -i ${URL_TEXT}/v1/models`,
    },
  ])
    it(`about ${title} has its own way on, and never an instance's`, () => {
      const error = refusalOf(new RequestError(errorClass, body), asked)
      expect(error).to.include({ code, exitCode })
      expect(error.hints).to.include(hint)
      for (const one of error.hints) expect(one).to.not.match(/aibench vllm (check|logs)/)
    })
})

describe('the model', () => {
  const server = (body: string, model: string | null, status = 200) => ({
    http: { call: () => Promise.resolve({ status, body }) },
    ...{ url: URL_TEXT, token: null, model, next },
  })
  const LIST = '{"data":[null,7,{"id":{"a":1}},{"id":"openai/*"},{"id":"m","max_model_len":"x"}]}'

  it('that is named is taken, whatever the list says', async () => {
    for (const body of [LIST, '', '{"data":[null]}', '[]', 'null'])
      expect(await modelOf(server(body, 'openai/x'))).to.include({ model: 'openai/x' })
    expect(await modelOf(server('no', 'openai/x', 500))).to.include({ model: 'openai/x' })
  })

  it('that is named needs no list, where keys may not ask for one', async () => {
    for (const status of [401, 403]) {
      expect(await modelOf(server('no', 'm', status))).to.include({ model: 'm' })
      const error = await modelOf(server('no', null, status)).catch((one: AibenchError) => one)
      expect(error).to.include({ code: 'AIB_TOKEN', exitCode: 2 })
      const hints = (error as AibenchError).hints.join()
      expect(hints.includes('--served-model-name NAME')).to.equal(status === 403)
      expect(hints).to.include('--header-file FILE')
    }
  })

  it('is the first of the list that is a name and no route', async () => {
    expect(await modelOf(server(LIST, null))).to.include({ model: 'm', maxModelLen: null })
    const error = await modelOf(server('{"data":[{"id":"openai/*"}]}', null)).catch(
      (one: AibenchError) => one,
    )
    expect(error).to.include({ exitCode: 2, code: 'AIB_MODEL_NEEDED' })
    expect((error as AibenchError).hints.join()).to.include('openai/*')
  })

  it('and version and metrics can be asked of whatever answers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (body) => {
        expect(modelsIn(body)).to.be.an('array')
        expect(await versionOf(server(body, null))).to.satisfy(
          (version: unknown) => version === null || typeof version === 'string',
        )
        expect(parseServerMetrics(body)).to.equal(undefined)
      }),
    )
  })
})

describe('counters that can’t be', () => {
  it('are not there', () => {
    const text = (value: string) =>
      `vllm:generation_tokens_total{engine="0"} ${value}\nvllm:num_requests_running 1\n`
    for (const value of ['NaN', '1e308', '-5', 'x', '+Inf'])
      expect(parseServerMetrics(text(value))?.generationTokens, value).to.equal(undefined)
    expect(parseServerMetrics(text('12.0'))).to.include({ generationTokens: 12 })
  })
})
