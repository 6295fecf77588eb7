import { expect } from 'chai'
import nock from 'nock'
import { hello } from '../../../../src/lib/instrument/http/hello.js'
import { systemHttp } from '../../../../src/lib/platform/http.js'

// It takes hold of node:http when it is loaded: not while other files are tested.
nock.restore()

/** A public API, which a test can't be: by name, behind TLS and a proxy of somebody's. */
const AT = 'https://inference.example.org'
const PATHS = ['/version', '/v1/models']
const asked = () => hello(systemHttp, AT, PATHS)

describe('who stands behind an address', () => {
  before(() => {
    nock.activate()
    nock.disableNetConnect()
  })
  afterEach(() => nock.cleanAll())
  after(() => {
    nock.enableNetConnect()
    nock.restore()
  })

  it('is nobody of ours, where nothing says so', async () => {
    const api = nock(AT, { badheaders: ['authorization'] })
      .get('/version')
      .reply(404, 'no such path', { server: 'cloud', via: '1.1 edge' })
      .get('/v1/models')
      .reply(401, '{"error":"no key"}', { server: 'cloud' })
    expect(await asked()).to.deep.equal({ simulated: false, gate: false })
    expect(api.isDone(), 'both paths are asked').to.equal(true)
  })

  it('is our simulator by its header, though a path is hidden', async () => {
    nock(AT).get('/version').reply(403)
    nock(AT).get('/v1/models').reply(200, '{"data":[]}', { server: 'aibench-simulator' })
    expect(await asked()).to.deep.equal({ simulated: true, gate: false })
  })

  it('is our simulator by its words, though a proxy put its own name in the header', async () => {
    nock(AT).get('/version').reply(200, '{"version":"0.32.0"}', { server: 'nginx' })
    nock(AT).get('/v1/models').reply(200, '{"data":[{"owned_by":"aibench-simulator"}]}')
    expect(await asked()).to.deep.equal({ simulated: true, gate: false })
  })

  it('is our gate, with whatever proxy before it', async () => {
    nock(AT).get('/version').reply(200, '{}', { via: '1.1 edge, 1.1 aibench-gate' })
    nock(AT).get('/v1/models').reply(200, '{}')
    expect(await asked()).to.deep.equal({ simulated: false, gate: true })
  })

  it('is not told, and no error, when nobody answers', async () => {
    nock(AT)
      .get('/version')
      .replyWithError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
    nock(AT)
      .get('/v1/models')
      .replyWithError(Object.assign(new Error('unknown'), { code: 'ENOTFOUND' }))
    expect(await asked()).to.deep.equal({ simulated: false, gate: false })
  })
})
