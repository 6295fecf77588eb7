import { expect } from 'chai'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { answer } from '../../../../src/lib/services/vllm/answer.js'
import type { ChatReport, ModelsReport } from '../../../../src/lib/services/vllm/reports.js'
import { quickSimulator } from '../../../support/sse-client.js'
import { rejection, temporaryFolder } from '../../../support/surroundings.js'

const rest = { tokenFile: null, model: 'simulated', simulated: true }

async function chatWith(
  url: string,
  change: object = {},
): Promise<ChatReport & { pieces: string[] }> {
  const pieces: string[] = []
  const report = await answer(
    { kind: 'chat', url, ...rest, prompt: 'hello', system: null, maxTokens: 8, ...change },
    { write: (text) => void pieces.push(text), signal: new AbortController().signal },
  )
  return { ...(report as ChatReport), pieces }
}

/** Answers every POST with a stream that a real vLLM has sent; `seen` is what was asked. */
async function replaying(
  fixture: string,
): Promise<AsyncDisposable & { url: string; seen: string[] }> {
  const stream = readFileSync(new URL(`../../../fixtures/vllm/${fixture}`, import.meta.url))
  const seen: string[] = []
  const server = createServer((incoming, outgoing) => {
    let body = ''
    incoming.setEncoding('utf8').on('data', (text: string) => (body += text))
    incoming.on('end', () => {
      if (incoming.method === 'GET') return outgoing.end('{"object":"list","data":[]}')
      seen.push(body)
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' }).end(stream)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { url: `http://127.0.0.1:${port}`, seen, [Symbol.asyncDispose]: close }
}

describe('a question to a server', () => {
  it('is answered as it comes, with its own times', async () => {
    await using simulator = await quickSimulator({
      ttftMs: { kind: 'constant', meanMs: 60 },
      itlMs: { kind: 'constant', meanMs: 20 },
    })
    const report = await chatWith(simulator.url)
    expect(report.pieces).to.have.lengthOf(8)
    expect(report.pieces.join('')).to.equal(report.text)
    expect(report).to.include({ outputTokens: 8, finishReason: 'length', model: 'simulated' })
    expect(report.ttftMs).to.be.at.least(55)
    expect(report.totalMs).to.be.at.least(190)
    expect(report.tokensPerSecond).to.be.above(0)
  })

  it('understands a real vLLM', async () => {
    await using server = await replaying('chat_stream.sse')
    const report = await chatWith(server.url, { system: 'Be brief.', maxTokens: 40 })
    expect(report).to.include({ finishReason: 'length', outputTokens: 3, model: 'tiny' })
    expect(report.text).to.match(/^ qar/)
    expect(JSON.parse(server.seen[0])).to.deep.include({
      max_tokens: 40,
      stream: true,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'hello' },
      ],
    })
    expect(server.seen, 'no retries, no second question').to.have.lengthOf(1)
  })

  for (const [kind, exitCode, message] of [
    ['http_429', 7, /^The server at .* failed/],
    ['http_500', 7, /failed/],
    ['stream_error', 7, /did not answer to the end|failed/],
    ['abort', 7, /stopped in the middle/],
    ['truncated', 7, /ended before it was complete/],
    ['empty', 7, /ended before it was complete/],
    ['reset', 7, /did not answer to the end/],
    ['hang_up', 7, /did not answer to the end/],
  ] as const)
    it(`that meets ${kind} fails, and is asked once`, async () => {
      await using simulator = await quickSimulator({ faults: [{ kind, everyNth: 1 }] })
      const error = await rejection(chatWith(simulator.url))
      expect(error).to.include({ exitCode })
      expect(error.message).to.match(message)
      expect(simulator.truth()).to.have.lengthOf.at.most(1)
    })

  it('brings the token from its file, and says when it is refused', async () => {
    await using folder = await temporaryFolder()
    const [right, wrong] = [join(folder.path, 'api.token'), join(folder.path, 'other.token')]
    await writeFile(right, 'secret-1\n', { mode: 0o600 })
    await writeFile(wrong, 'secret-2\n', { mode: 0o600 })
    await using simulator = await quickSimulator({ apiKeyFile: right })
    expect((await chatWith(simulator.url, { tokenFile: right })).text).to.not.equal('')
    const error = await rejection(chatWith(simulator.url, { tokenFile: wrong }))
    expect(error).to.include({ exitCode: 3, code: 'AIB_TOKEN_REFUSED' })
    expect(JSON.stringify(error) + error.message).to.not.include('secret')
  })

  it('of what the server can’t is refused in its words', async () => {
    await using simulator = await quickSimulator({ maxModelLen: 16 })
    const error = await rejection(chatWith(simulator.url, { model: 'other' }))
    expect(error).to.include({ exitCode: 2, code: 'AIB_REFUSED' })
    expect(error.message).to.match(/The server refuses the question: .*other/)
  })

  it('to nobody is unreachable, and says why', async () => {
    const error = await rejection(chatWith('http://127.0.0.1:9'))
    expect(error).to.include({ exitCode: 7 })
    expect(error.message).to.match(/ECONNREFUSED|bad port/)
  })

  it('about its models names them', async () => {
    await using simulator = await quickSimulator({ model: 'tiny', maxModelLen: 2048 })
    const report = (await answer(
      { kind: 'models', url: simulator.url, ...rest },
      { write: () => undefined, signal: new AbortController().signal },
    )) as ModelsReport
    expect(report).to.include({ version: '0.32.0', simulated: true, url: simulator.url })
    expect(report.models).to.deep.equal([{ id: 'tiny', root: 'tiny', maxModelLen: 2048 }])
  })
})
