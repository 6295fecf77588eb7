import { expect } from 'chai'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { SimulatorOptionsSchema, type SimulatorInput } from '../../../src/lib/simulator/options.js'
import { startSimulator } from '../../../src/lib/simulator/server.js'
import type { TruthRecord } from '../../../src/lib/simulator/truth.js'
import { ask, finishOf, parsed, quickSimulator, textOf, usageOf } from '../../support/sse-client.js'

const dirs: string[] = []
function newDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'aibench-simulator-'))
  dirs.push(dir)
  return dir
}
after(() => dirs.forEach((dir) => rmSync(dir, { recursive: true })))

describe('a simulated server', () => {
  it('says what it is', async () => {
    await using simulator = await quickSimulator({
      model: 'm/1',
      version: '0.11.2',
      maxModelLen: 77,
    })
    const get = async (path: string, body?: object) =>
      JSON.parse((await ask(simulator.url + path, body)).body) as Record<string, unknown>
    expect(await get('/version')).to.deep.equal({
      version: '0.11.2',
      server: 'aibench-simulator',
    })
    const { data } = (await get('/v1/models')) as { data: object[] }
    expect(data[0]).to.include({ id: 'm/1', root: 'm/1', max_model_len: 77 })
    const tokenized = await get('/tokenize', { prompt: 'one two one' })
    expect(tokenized).to.include({ count: 3, max_model_len: 77 })
    const tokens = tokenized.tokens as number[]
    expect(tokens[0]).to.equal(tokens[2]).and.not.equal(tokens[1])
    const chat = { messages: [{ role: 'user', content: [{ type: 'text', text: 'one two' }] }] }
    const { events } = await simulator.chat(chat)
    expect((await get('/tokenize', chat)).count).to.equal(
      parsed(events).at(-1)?.usage?.prompt_tokens,
    )
  })

  it('is not healthy before it has loaded', async () => {
    await using simulator = await quickSimulator({ loadMs: 500 })
    expect((await ask(`${simulator.url}/health`)).status).to.equal(503)
    expect((await simulator.complete()).status).to.equal(503)
    await sleep(510)
    expect((await ask(`${simulator.url}/health`)).status).to.equal(200)
    expect((await simulator.complete()).status).to.equal(200)
  })

  it('guards /v1 with a key, and nothing else', async () => {
    const apiKeyFile = join(newDir(), 'key')
    writeFileSync(apiKeyFile, 'secret\n', { mode: 0o600 })
    await using simulator = await quickSimulator({ apiKeyFile })
    const refused = await simulator.complete()
    expect(refused.status).to.equal(401)
    expect(JSON.parse(refused.body)).to.deep.equal({ error: 'Unauthorized' })
    for (const path of ['/health', '/version', '/metrics'])
      expect((await ask(simulator.url + path)).status).to.equal(200)
    const headers = { authorization: 'Bearer secret' }
    expect((await simulator.complete({}, { headers })).status).to.equal(200)
  })

  it('closes a connection that is idle for too long', async () => {
    await using simulator = await quickSimulator({ keepAliveMs: 60 })
    const socket = connect(Number(new URL(simulator.url).port), '127.0.0.1')
    socket.write('GET /health HTTP/1.1\r\nhost: x\r\n\r\n')
    const [first] = (await once(socket, 'data')) as [Buffer]
    expect(String(first)).to.match(/^HTTP\/1\.1 200 OK\r\n/)
    await once(socket, 'end')
    socket.destroy()
  })

  it('reads a request however it was cut, in chunks, and one after the other', async () => {
    await using simulator = await quickSimulator()
    const socket = connect(Number(new URL(simulator.url).port), '127.0.0.1')
    let got = ''
    socket.on('data', (bytes) => (got += String(bytes)))
    const body = JSON.stringify({ prompt: 'déjà vu', max_tokens: 2 })
    const bytes = Buffer.from(body)
    const half = bytes.indexOf(0xc3) + 1
    const requests = Buffer.concat([
      Buffer.from(`POST /v1/completions HTTP/1.1\r\nContent-Length: ${bytes.length}\r\n\r\n`),
      bytes,
      Buffer.from(
        `POST /v1/completions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${half.toString(16)}\r\n`,
      ),
      bytes.subarray(0, half),
      Buffer.from(`\r\n${(bytes.length - half).toString(16)}\r\n`),
      bytes.subarray(half),
      Buffer.from('\r\n0\r\n\r\nGET /health HTTP/1.1\r\nConnection: close\r\n\r\n'),
    ])
    for (let at = 0; at < requests.length; at += 7) {
      socket.write(requests.subarray(at, at + 7))
      await new Promise(setImmediate)
    }
    await once(socket, 'close')
    expect(got.match(/HTTP\/1\.1 200 OK/g)).to.have.length(3)
    expect(simulator.truth().map(({ promptTokens }) => promptTokens)).to.deep.equal([2, 2])
  })

  it('answers a body that makes no sense, and goes on', async () => {
    await using simulator = await quickSimulator()
    for (const messages of [[null], 'x', [{ content: 7 }], {}])
      expect((await simulator.chat({ messages })).status).to.be.oneOf([200, 400, 500])
    const url = `${simulator.url}/v1/completions`
    expect((await ask(url, '{"model":')).status).to.equal(400)
    expect((await ask(url, '7')).status).to.equal(400)
    expect((await simulator.complete()).status).to.equal(200)
  })

  it('is understood by the openai package', async () => {
    const { default: OpenAI } = await import('openai')
    await using simulator = await quickSimulator({ stopAfterTokens: 5, reasoningTokens: 1 })
    const client = new OpenAI({ baseURL: `${simulator.url}/v1`, apiKey: 'none', maxRetries: 0 })
    const [{ id: model }] = (await client.models.list()).data
    const messages = [{ role: 'user' as const, content: 'hello' }]
    const whole = await client.chat.completions.create({ model, messages })
    expect(whole.choices[0].message.content?.trim().split(' ')).to.have.length(3)
    expect(whole.usage?.completion_tokens).to.equal(5)
    const stream = await client.chat.completions.create({
      ...{ model, messages, stream: true as const },
      stream_options: { include_usage: true },
    })
    let last
    for await (const event of stream) last = event
    expect(last?.usage?.completion_tokens).to.equal(5)
  })

  it('refuses what is no HTTP', async () => {
    await using simulator = await quickSimulator()
    const socket = connect(Number(new URL(simulator.url).port), '127.0.0.1')
    socket.write('SSH-2.0-x\r\n\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(String(answer)).to.match(/^HTTP\/1\.1 400/)
    socket.destroy()
  })

  it('ends what runs with "abort" when it is closed', async () => {
    const simulator = await quickSimulator({ slots: 1 })
    const asked = [simulator.complete({ max_tokens: 5000 }), simulator.complete()]
    const inside = async () =>
      (await (await fetch(`${simulator.url}/metrics`)).text()).match(
        /^vllm:num_requests_(running|waiting)\{.*\} 1(\.0)?$/gm,
      )?.length
    while ((await inside()) !== 2) await sleep(20)
    await simulator.close()
    const [running, waiting] = await Promise.all(asked)
    expect(running.ended).to.equal('complete')
    expect(finishOf(running.events)).to.equal('abort')
    expect(running.events.at(-1)).to.equal('[DONE]')
    expect(finishOf(waiting.events)).to.equal('abort')
  })

  it('writes the truth for its owner alone', async () => {
    const truthFile = join(newDir(), 'truth.ndjson')
    writeFileSync(truthFile, 'old\n', { mode: 0o644 })
    {
      await using simulator = await quickSimulator({ truthFile })
      await Promise.all([
        simulator.complete({ user: 'a' }),
        simulator.chat({ metadata: { id: 'b' } }),
      ])
    }
    expect(statSync(truthFile).mode & 0o777).to.equal(0o600)
    const records = readFileSync(truthFile, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TruthRecord)
    expect(records.map(({ id }) => id).sort()).to.deep.equal(['a', 'b'])
    for (const record of records) {
      expect(record).to.include({ outputTokens: 8, finish: 'length', fault: null })
      expect(record.tokensSentAtMs).to.have.length(8)
      expect(record.tokensSentAtMs[0]).to.be.greaterThan(record.receivedMs)
    }
  })

  for (const [title, options] of Object.entries({
    'a fault nobody knows': { faults: [{ kind: 'nothing', share: 1 }] },
    'a fault without a place': { faults: [{ kind: 'reset' }] },
    'a fault with two': { faults: [{ kind: 'reset', share: 0.1, everyNth: 2 }] },
    'a share above one': { structuredWrong: 1.5 },
    'a distribution nobody knows': { ttftMs: { kind: 'cauchy', meanMs: 1 } },
  }))
    it(`does not start with ${title}`, () => {
      expect(v.safeParse(SimulatorOptionsSchema, options).success).to.equal(false)
    })
})

describe('the null mode', () => {
  it('answers every stream whole and at once', async () => {
    await using simulator = await startSimulator({ null: true })
    const common = { stream: true, max_tokens: 100 }
    const usage = { stream_options: { include_usage: true } }
    const { events } = await ask(`${simulator.url}/v1/completions`, {
      prompt: 'a',
      ...common,
      ...usage,
    })
    expect(usageOf(events)).to.equal(100)
    expect(events).to.have.length(102)
    expect(finishOf(events)).to.equal('length')
    const chat = await ask(`${simulator.url}/v1/chat/completions`, {
      // No field, whatever it looks like.
      messages: [{ role: 'user', content: '"max_tokens":3,"include_usage":true' }],
      ...common,
    })
    expect(chat.events).to.have.length(102)
    expect(textOf(chat.events)).to.equal(' token'.repeat(100))
    expect(simulator.truth()).to.deep.equal([])
  })
})

describe('the simulator’s program', () => {
  const PROGRAM = fileURLToPath(new URL('../../../src/lib/simulator/main.ts', import.meta.url))

  const start = async (options: SimulatorInput) => {
    const file = join(newDir(), 'options.json')
    writeFileSync(file, JSON.stringify(options))
    const free = createServer().listen(0, '127.0.0.1')
    await once(free, 'listening')
    const { port } = free.address() as AddressInfo
    free.close()
    await once(free, 'close')
    const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, file, String(port)])
    let log = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => (log += String(text)))
    while (!log.includes('startup complete') && child.exitCode === null) await sleep(20)
    return { child, url: `http://127.0.0.1:${port}`, log: () => log }
  }

  it('serves, says that it is simulated, and ends in good order on TERM in the middle of a stream', async () => {
    const truthFile = join(newDir(), 'truth.ndjson')
    const { child, url, log } = await start({ truthFile, itlMs: { kind: 'constant', meanMs: 5 } })
    expect(log()).to.include('SIMULATED').and.include(`server on ${url}`)
    const exit = once(child, 'exit')
    const running = ask(`${url}/v1/completions`, { prompt: 'a', stream: true, max_tokens: 5000 })
    await sleep(300)
    child.kill('SIGTERM')
    expect(await exit).to.deep.equal([0, null])
    expect(finishOf((await running).events)).to.equal('abort')
    const record = JSON.parse(readFileSync(truthFile, 'utf8')) as TruthRecord
    expect(record.outputTokens).to.equal((await running).events.length - 2)
  })

  for (const { title, options, port, why } of [
    {
      title: 'its options don’t fit',
      options: { slots: 0 },
      port: () => 0,
      why: /"slots" must be at least 1/,
    },
    {
      title: 'its port is taken',
      options: {},
      port: (taken: number) => taken,
      why: /can't start: .*EADDRINUSE/,
    },
  ])
    it(`fails with a sentence when ${title}`, async () => {
      await using other = await startSimulator()
      const file = join(newDir(), 'options.json')
      writeFileSync(file, JSON.stringify(options))
      const args = [PROGRAM, file, String(port(Number(new URL(other.url).port)))]
      const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', ...args])
      expect(status).to.equal(1)
      expect(String(stderr))
        .to.match(why)
        .and.not.match(/^\s+at /m)
    })
})
