import { expect } from 'chai'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Http } from '../../../../src/lib/platform/http.js'
import { probeVllm } from '../../../../src/lib/services/vllm/probe.js'
import { temporaryFolder } from '../../../support/surroundings.js'

type Answer = { status?: number; body?: unknown }

/** Answers by path; what is not named is as a good server has it. */
function server(answers: Record<string, Answer>, seen: string[] = []): Http {
  const good: Record<string, Answer> = {
    '/health': {},
    '/v1/models': { body: { data: [{ id: 'tiny' }] } },
    '/v1/completions': { body: { usage: { completion_tokens: 1 } } },
  }
  return {
    call: async (method, url, { headers } = {}) => {
      const path = new URL(url).pathname
      seen.push(`${method} ${path} ${headers?.authorization ?? ''}`.trim())
      const { status = 200, body = {} } = answers[path] ?? good[path]
      return { status, body: JSON.stringify(body) }
    },
  }
}

const target = { url: 'http://127.0.0.1:1', tokenFile: null, options: { servedName: 'tiny' } }

describe('whether vLLM is ready', () => {
  it('is asked of its health, its models and one token, with the key', async () => {
    const seen: string[] = []
    await using folder = await temporaryFolder()
    const tokenFile = join(folder.path, 'api.token')
    await writeFile(tokenFile, 'secret\n', { mode: 0o600 })
    expect(await probeVllm(server({}, seen), { ...target, tokenFile })).to.deep.equal({
      ready: true,
      detail: 'tiny answered one token',
    })
    expect(seen).to.deep.equal([
      'GET /health Bearer secret',
      'GET /v1/models Bearer secret',
      'POST /v1/completions Bearer secret',
    ])
  })

  it('is not, when its key is gone with its job', async () => {
    const answer = await probeVllm(server({}), { ...target, tokenFile: '/nowhere/api.token' })
    expect(answer.ready).to.equal(false)
  })

  for (const { title, answers, detail } of [
    { title: 'loads', answers: { '/health': { status: 503 } }, detail: /health says 503/ },
    {
      title: 'serves another model',
      answers: { '/v1/models': { body: { data: [{ id: 'other' }] } } },
      detail: /serves other and not tiny/,
    },
    {
      title: 'has a dead engine',
      answers: { '/v1/completions': { status: 500, body: { error: 'EngineDeadError' } } },
      detail: /completions says 500.*EngineDeadError/,
    },
    {
      title: 'answers nothing',
      answers: { '/v1/completions': { body: {} } },
      detail: /one token was asked for, none came/,
    },
  ])
    it(`is not, when it ${title}`, async () => {
      const answer = await probeVllm(server(answers), target)
      expect(answer.ready).to.equal(false)
      expect(answer.detail).to.match(detail)
    })
})
