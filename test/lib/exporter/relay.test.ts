import { expect } from 'chai'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { connect, type ClientHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { Relay } from '../../../src/lib/exporter/relay/relay.js'
import { withAttributes } from '../../../src/lib/exporter/relay/resource.js'
import { writeJson } from '../../../src/lib/platform/files.js'
import { RELAY_INLET, RELAY_OUTLET } from '../../../src/lib/platform/relay-files.js'

const METRICS = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'
const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

/** A field with a length, as protocol buffers have it; below 16 KiB. */
function field(number: number, ...content: (Buffer | string)[]): Buffer {
  const body = Buffer.concat(content.map((part) => Buffer.from(part as string)))
  const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7]
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), body])
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

const attribute = (key: string, value: string) => field(1, field(1, key), field(2, field(1, value)))
const SCOPE = field(2, 'metrics '.repeat(40))
const SERVICE = attribute('service.name', 'chroma')

describe('what a server tells by OTLP', () => {
  it('is marked in every resource, and is otherwise what it was', () => {
    const count = Buffer.from([(9 << 3) | 0, 0x96, 0x01])
    const request = Buffer.concat([
      field(1, field(1, SERVICE, count), SCOPE, field(3, 'schema')),
      field(1, SCOPE),
    ])
    const more = [attribute('name', 'my "db"'), attribute('node', 'n1')]
    expect(withAttributes(request, { name: 'my "db"', node: 'n1' })).to.deep.equal(
      Buffer.concat([
        field(1, field(1, SERVICE, count, ...more), SCOPE, field(3, 'schema')),
        field(1, field(1, ...more), SCOPE),
      ]),
    )
  })

  it('is refused when it is no message', () => {
    expect(() => withAttributes(Buffer.from([10, 200, 1]), {})).to.throw(RangeError)
    expect(() => withAttributes(Buffer.from([255]), {})).to.throw(RangeError)
  })
})

describe('the relay of OTLP', () => {
  let runDir: string
  let relay: Relay
  let store: Server
  let client: ClientHttp2Session
  let port: number
  let logged: string[]
  let status: number
  const got: { url?: string; authorization?: string; type?: string; body: Buffer }[] = []

  beforeEach(async () => {
    runDir = await mkdtemp(join(tmpdir(), 'aibench-relay-'))
    status = 200
    logged = []
    got.length = 0
    store = createServer((request, answer) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        const { authorization, 'content-type': type } = request.headers
        got.push({ url: request.url, authorization, type, body: Buffer.concat(parts) })
        answer.writeHead(status).end()
      })
    })
    store.listen(0, '127.0.0.1')
    await once(store, 'listening')
    port = await freePort()
    await writeJson(join(runDir, RELAY_INLET), { node: 'n1', port, inside: null })
    relay = new Relay({ runDir, node: 'n1', log: (line) => logged.push(line), lookEveryMs: 20 })
    await relay.open()
    client = connect(`http://127.0.0.1:${port}`)
  })

  afterEach(async () => {
    client.destroy()
    relay.close()
    store.close()
    await rm(runDir, { recursive: true })
  })

  const wanted = () =>
    writeJson(join(runDir, RELAY_OUTLET), {
      metrics: `http://127.0.0.1:${(store.address() as AddressInfo).port}/v1/metrics`,
      traces: null,
      authorization: 'Bearer secret',
      attributes: { name: 'db' },
    })

  async function tell(path: string, message: Buffer, encoding?: string): Promise<string> {
    const body = encoding === 'gzip' ? gzipSync(message) : message
    const head = Buffer.from([encoding ? 1 : 0, 0, 0, 0, 0])
    head.writeUInt32BE(body.length, 1)
    const stream = client.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...(encoding ? { 'grpc-encoding': encoding } : {}),
    })
    stream.resume()
    stream.end(Buffer.concat([head, body]))
    const [trailers] = (await once(stream, 'trailers')) as [Record<string, string>]
    return trailers['grpc-status']
  }

  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await sleep(10)
  }

  it('drops it while nobody wants it, and hands it on from when somebody does', async () => {
    expect(await tell(METRICS, field(1, field(1, SERVICE)))).to.equal('0')
    expect(relay.counts).to.deep.equal({ sent: 0, dropped: 1, failed: 0 })
    await wanted()
    while (relay.counts.sent === 0) {
      await tell(METRICS, field(1, field(1, SERVICE)), 'gzip')
      await sleep(20)
    }
    expect(got[0]).to.deep.equal({
      url: '/v1/metrics',
      authorization: 'Bearer secret',
      type: 'application/x-protobuf',
      body: field(1, field(1, SERVICE, attribute('name', 'db'))),
    })
    const { dropped } = relay.counts
    expect(await tell(TRACES, field(1, field(1, SERVICE)))).to.equal('0')
    expect(relay.counts.dropped, 'spans that nobody takes').to.equal(dropped + 1)
    expect(logged).to.deep.equal([])
  })

  it('tells its client nothing of a store that fails, and its log once', async () => {
    await wanted()
    status = 401
    while (relay.counts.failed < 3) {
      expect(await tell(METRICS, field(1, field(1, SERVICE)))).to.equal('0')
      await sleep(20)
    }
    status = 200
    await tell(METRICS, field(1, field(1, SERVICE)))
    await until(() => relay.counts.sent > 0)
    expect(logged).to.deep.equal([
      "what a server tells by OTLP can't be handed on: HTTP 401",
      'what a server tells by OTLP arrives again',
    ])
  })

  it('answers what it does not know, and what is broken, as gRPC does', async () => {
    expect(await tell('/other.Service/Method', SERVICE)).to.equal('12')
    const stream = client.request({ ':method': 'POST', ':path': METRICS })
    stream.resume()
    stream.end(Buffer.from('no frame'))
    const [trailers] = (await once(stream, 'trailers')) as [Record<string, string>]
    expect(trailers['grpc-status']).to.equal('3')
  })

  it('goes with the server to another port', async () => {
    const other = await freePort()
    await writeJson(join(runDir, RELAY_INLET), { node: 'n1', port: other, inside: null })
    let session: ClientHttp2Session | undefined
    while (!session) {
      const attempt = connect(`http://127.0.0.1:${other}`)
      session = await once(attempt, 'connect').then(
        () => attempt,
        () => undefined,
      )
      await sleep(20)
    }
    session.destroy()
  })
})
