import { expect } from 'chai'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { AttachReport } from '../../src/lib/services/monitors/attach.js'
import type { MonitorsReport } from '../../src/lib/services/monitors/check.js'
import type { QueryReport } from '../../src/lib/services/monitors/query.js'
import { aibench, envelopeOf } from '../support/cli.js'
import { realPrometheus, type RealPrometheus } from '../support/monitors.js'
import { needs } from '../support/require.js'
import { clock, temporaryFolder } from '../support/surroundings.js'

const TOKEN = 'word-of-the-page'
const TEAM = 'a "b"'
/** In PromQL as in JSON, a quote within quotes is escaped. */
const LINES = `page_lines{team=${JSON.stringify(TEAM)}}`

describe('an address that is attached to monitors', function () {
  this.timeout(180_000)
  let real: RealPrometheus

  before(async function () {
    real = await realPrometheus()
    needs(this, 'prometheus', real.why === '', real.why)
  })

  for (const version of ['3.16.0', '2.42.0'])
    it(`is scraped by Prometheus ${version} with its token and label, and after a detach no more`, async () => {
      await using folder = await temporaryFolder()
      await using page = await servePage()
      const home = folder.path
      const prometheus = version === '3.16.0' ? real.prometheus : real.oldPrometheus
      const env = {
        AIBENCH_SCHEDULER: 'local',
        AIBENCH_MONITORS_PROMETHEUS: prometheus,
        AIBENCH_MONITORS_WITH: 'prometheus',
      }
      const ask = async (...args: string[]) =>
        envelopeOf(await aibench(['monitors', ...args, '--json'], { home, env }))
      const run = async (...args: string[]): Promise<unknown> => {
        const { ok, error, data } = await ask(...args)
        expect(ok, JSON.stringify(error)).to.equal(true)
        return data
      }
      const query = async (promql: string) => ((await run('query', promql)) as QueryReport).series
      const targetsOf = async (name: string) =>
        ((await run('check')) as MonitorsReport).targets.filter((target) => target.name === name)

      await run('start', '--wait')
      try {
        const tokenFile = join(home, 'page.token')
        await writeFile(tokenFile, `${TOKEN}\n`, { mode: 0o600 })
        const how = ['--as', 'page', '--label', `team=${TEAM}`, '--token-file', tokenFile]
        const { targets } = (await run(
          ...['attach', page.url, ...how, '--timeout', '2m'],
        )) as AttachReport
        expect(targets).to.have.length(1)
        const [target] = await targetsOf('page')
        expect(target).to.include({ error: null, url: `${page.url}/metrics` })
        expect(target.upAt).to.be.a('string')

        const found = await query(LINES)
        expect(found).to.have.length(1)
        const [series] = found
        expect(series.labels).to.include({ team: TEAM, name: 'page', job: 'page' })
        expect(series.samples[0].value).to.equal(7)
        expect(page.strangers()).to.equal(0)

        await run('detach', 'page')
        expect(await targetsOf('page')).to.deep.equal([])
        const isUp = async () => (await query('up{name="page"}')).length > 0
        for (let i = 0; i < 100 && (await isUp()); i++) await clock.sleep(200)
        expect(await isUp()).to.equal(false)
        // What was kept of it stays.
        expect(await query(`last_over_time(${LINES}[1h])`)).to.have.length(1)

        // Asked again as long as it was not scraped at all.
        const nobody = () => ask('attach', DEAF, '--as', 'nobody', '--timeout', '1s')
        let told = await nobody()
        for (let i = 0; i < 60 && told.exitCode === 8; i++) told = await nobody()
        expect(told.exitCode).to.equal(7)
        expect(told.error).to.include({ code: 'AIB_TARGET_DOWN' })
        expect(told.error!.message).to.include('nobody is attached, but can')
        expect(told.error!.hints).to.include('aibench monitors detach nobody')
        expect((await targetsOf('nobody'))[0].error).to.include('connection refused')
        await run('detach', 'nobody')
      } finally {
        await run('stop')
      }
    })
})

/** No server listens there. */
const DEAF = 'http://127.0.0.1:9'

/** Tells its figures to who has the token. */
async function servePage() {
  let strangers = 0
  const server = createServer(({ headers }, answer) => {
    if (headers.authorization !== `Bearer ${TOKEN}`) {
      strangers++
      answer.writeHead(401).end()
      return
    }
    answer.setHeader('content-type', 'text/plain; version=0.0.4')
    answer.end('page_lines 7\n')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    strangers: () => strangers,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
