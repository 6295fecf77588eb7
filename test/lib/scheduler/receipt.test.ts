import { expect } from 'chai'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readEndpoint, readReceipt } from '../../../src/lib/scheduler/receipt.js'
import { temporaryFolder } from '../../support/surroundings.js'

const TOKEN = 'aibench:0123'
const TIMES = {
  ...{ submitted: null, started: null, containerStarted: null, loaded: null, ready: null },
  ended: '2026-11-24T10:19:00.000Z',
}
/** As 0.1.0 wrote it, word for word. */
const OLD_RECEIPT = {
  ...{ jobId: '4812345', token: TOKEN, restarts: 0, phase: 'ready', exitCode: null },
  ...{ signal: 'KILL', cause: 'helper', member: 'gate', killed: false, node: 'mel0001' },
  times: TIMES,
}
const ENDPOINT = {
  ...{ jobId: '4812345', token: TOKEN, restarts: 0, scheme: 'http', host: '127.0.0.1', port: 4 },
  ...{ node: 'mel0001', ip: '10.0.0.1', pid: 7, startedAt: '2026-11-24T10:15:03.000Z' },
  closed: false,
}

async function folderWith(files: Record<string, unknown>) {
  const folder = await temporaryFolder()
  for (const [name, content] of Object.entries(files))
    await writeFile(join(folder.path, name), JSON.stringify(content))
  return folder
}

describe('what a job leaves for us', () => {
  it('of 0.1.0: a receipt that knows no members', async () => {
    await using folder = await folderWith({ 'receipt.json': OLD_RECEIPT })
    const receipt = await readReceipt(folder.path, TOKEN)
    expect(receipt).to.deep.equal({ ...OLD_RECEIPT, members: {} })
  })

  it('how each member ended', async () => {
    const members = {
      grafana: { exitCode: 1, signal: null, critical: false },
      prometheus: { exitCode: null, signal: 'KILL', critical: true },
    }
    const written = { ...OLD_RECEIPT, cause: 'exit', member: 'prometheus', members }
    await using folder = await folderWith({ 'receipt.json': written })
    expect(await readReceipt(folder.path, TOKEN)).to.deep.equal(written)
  })

  it('is believed only with the token of this submission', async () => {
    await using folder = await folderWith({
      'receipt.json': OLD_RECEIPT,
      'endpoint.chroma.json': ENDPOINT,
    })
    expect(await readReceipt(folder.path, 'aibench:other')).to.equal(undefined)
    expect(await readEndpoint(folder.path, 'aibench:other', 'chroma')).to.equal(undefined)
  })

  it('of 0.1.0: the one endpoint, whatever its server is called', async () => {
    await using folder = await folderWith({ 'endpoint.json': ENDPOINT })
    expect(await readEndpoint(folder.path, TOKEN, 'chroma')).to.include({ port: 4 })
  })

  it('an endpoint of each member', async () => {
    await using folder = await folderWith({
      'endpoint.grafana.json': { ...ENDPOINT, port: 5 },
      'endpoint.prometheus.json': ENDPOINT,
    })
    expect(await readEndpoint(folder.path, TOKEN, 'grafana')).to.include({ port: 5 })
    expect(await readEndpoint(folder.path, TOKEN, 'prometheus')).to.include({ port: 4 })
    expect(await readEndpoint(folder.path, TOKEN, 'collector')).to.equal(undefined)
  })
})
