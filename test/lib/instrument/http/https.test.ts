import { expect } from 'chai'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { OPEN } from '../../../../src/lib/instrument/http/access.js'
import { ConnectionPool } from '../../../../src/lib/instrument/http/connection-pool.js'
import { requestBytes, requestHead } from '../../../../src/lib/instrument/http/request-head.js'
import { WHOLE_BODIES } from '../../../../src/lib/instrument/http/whole-body.js'
import { knock } from '../../../../src/lib/instrument/http/knock.js'
import type { AibenchError } from '../../../../src/lib/platform/errors.js'
import { httpWith } from '../../../../src/lib/platform/http.js'
import { openTrust } from '../../../../src/lib/platform/trust.js'
import { benchInference } from '../../../support/inference-bench.js'
import { plainServer } from '../../../support/plain-server.js'
import { makeAuthority, tlsFront, type Authority } from '../../../support/tls.js'

const TIMEOUTS = { connectMs: 60_000, firstMs: 60_000, idleMs: 60_000, totalMs: 60_000 }

function poolOf(
  at: string,
  trust: Awaited<ReturnType<typeof openTrust>>,
  headers: Readonly<Record<string, string>> = {},
) {
  const url = new URL(at)
  const accept = 'application/json'
  return {
    pool: new ConnectionPool({ url, protocol: WHOLE_BODIES, timeouts: TIMEOUTS, trust }),
    request: (method: string, path: string, body = '') => ({
      bytes: requestBytes(requestHead({ method, path, url, accept, headers }), body),
    }),
  }
}

const NO_SYSTEM = { SSL_CERT_FILE: '/nowhere' }

describe('a server behind TLS', () => {
  let authority: Authority
  before(() => (authority = makeAuthority()))
  after(() => authority[Symbol.dispose]())

  const known = () => openTrust({ caFile: authority.caFile, insecure: false })
  const unknown = () => openTrust({ caFile: null, insecure: false }, NO_SYSTEM)
  const knocking = async (url: string, trust: Awaited<ReturnType<typeof known>>) =>
    knock(new URL(url), trust, 'aibench vllm bench').then(
      () => undefined,
      (error: AibenchError) => error,
    )

  it('is measured like any other, when its authority is in --ca-file', async () => {
    await using plain = await plainServer()
    await using front = await tlsFront(plain.url, authority.sign('DNS:localhost,IP:127.0.0.1'))
    const access = { ...OPEN, caFile: authority.caFile }
    const { result } = await benchInference(front.url, {}, { order: { access, path: 'https' } })
    expect(result.requests).to.deep.include({ ok: 20, failed: 0 })
    expect(result).to.deep.include({ path: 'https', complete: true })
    expect(result.metrics.ttftMs.n).to.equal(20)
    expect(plain.asked.every(({ body }) => body.model === 'plain')).to.equal(true)
    expect(front.resumed, 'sessions are used again').to.be.greaterThan(0)
  })

  it('is measured by a name as well', async () => {
    await using plain = await plainServer()
    await using front = await tlsFront(plain.url, authority.sign('DNS:localhost'))
    const url = front.url.replace('127.0.0.1', 'localhost')
    expect(await knocking(url, await known())).to.equal(undefined)
    const access = { ...OPEN, caFile: authority.caFile }
    const { result } = await benchInference(url, { numPrompts: 4 }, { order: { access } })
    expect(result.requests.ok).to.equal(4)
  })

  it('is not believed without it: in words, with both ways on', async () => {
    await using plain = await plainServer()
    await using front = await tlsFront(plain.url, authority.sign('IP:127.0.0.1'))
    const error = await knocking(front.url, await unknown())
    expect(error).to.include({ exitCode: 3, code: 'AIB_CERTIFICATE' })
    expect(error!.message).to.match(
      /127\.0\.0\.1:\d+ is not accepted: .*authority .*not known here/,
    )
    expect(error!.hints).to.deep.equal(['--ca-file FILE', '--insecure'])
    expect(plain.asked).to.have.lengthOf(0)
  })

  it('never gets a request before it was found to be the one that is meant', async () => {
    await using plain = await plainServer({ key: 'secret' })
    await using front = await tlsFront(plain.url, authority.sign('IP:127.0.0.1'))
    const headers = { authorization: 'Bearer secret' }
    const trust = await unknown()
    const { pool, request } = poolOf(front.url, trust, headers)
    const { error } = await pool.exchange(request('POST', '/v1/completions', '{}'))
    const called = await httpWith(headers, trust)
      .call('GET', `${front.url}/v1/models`)
      .catch(String)
    pool.close()
    expect([error?.message, called].join()).to.match(/certificate.*certificate/)
    expect(plain.asked).to.have.lengthOf(0)
  })

  it('with a certificate for another name says the names', async () => {
    await using plain = await plainServer()
    await using front = await tlsFront(plain.url, authority.sign('DNS:other.example'))
    const error = await knocking(front.url, await known())
    expect(error!.message).to.match(/it is for another name/)
    expect(error!.hints).to.deep.equal(['--insecure'])
  })

  it('is taken as it is with --insecure, and the result says so', async () => {
    await using plain = await plainServer()
    await using front = await tlsFront(plain.url, authority.sign('DNS:other.example'))
    const access = { ...OPEN, insecure: true }
    const { result } = await benchInference(front.url, { numPrompts: 4 }, { order: { access } })
    expect(result.requests.ok).to.equal(4)
    expect(result.warnings.join()).to.include('--insecure: nobody checked')
  })

  it('is believed by NODE_EXTRA_CA_CERTS and by the bundle of the system', async () => {
    await using plain = await plainServer()
    await using front = await tlsFront(plain.url, authority.sign('IP:127.0.0.1'))
    for (const variable of ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE']) {
      const variables = { ...NO_SYSTEM, [variable]: authority.caFile }
      const trust = await openTrust({ caFile: null, insecure: false }, variables)
      expect(await knocking(front.url, trust), variable).to.equal(undefined)
    }
  })

  it('that speaks no TLS is told from one whose certificate is not known', async () => {
    await using plain = await plainServer()
    const error = await knocking(plain.url.replace('http', 'https'), await unknown())
    expect(error).to.include({ exitCode: 3, code: 'AIB_TLS' })
    expect(error!.message).to.match(/does not speak TLS$/)
    expect(error!.hints[0]).to.match(/^aibench vllm bench --url http:\/\/127/)
  })

  it('answers requests of whole bodies too, and to control calls', async () => {
    const server = createServer((_, answer) => answer.end('{"ok":true}'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    await using front = await tlsFront(url, authority.sign('IP:127.0.0.1'))
    const trust = await known()
    const { pool, request } = poolOf(front.url, trust)
    for (let i = 0; i < 3; i++) {
      const { response } = await pool.exchange(request('GET', '/x'))
      expect(response.body.toString()).to.equal('{"ok":true}')
    }
    pool.close()
    expect(front.connections, 'kept open').to.equal(1)
    const { status, body } = await httpWith({}, trust).call('GET', `${front.url}/x`)
    expect({ status, body }).to.deep.equal({ status: 200, body: '{"ok":true}' })
    server.close()
  })

  it('a CA file that holds none is refused by name', async () => {
    const file = join(authority.folder, 'no.pem')
    await writeFile(file, 'hello')
    for (const [path, words] of [
      [file, /no certificate in PEM/],
      [`${file}.gone`, /There is no CA file/],
    ] as const) {
      const error = await openTrust({ caFile: path, insecure: false }).catch((e: AibenchError) => e)
      expect(error).to.include({ exitCode: 2, code: 'AIB_CA_FILE' })
      expect((error as AibenchError).message).to.match(words)
    }
  })
})
