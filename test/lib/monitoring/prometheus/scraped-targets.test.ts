import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PrometheusApi } from '../../../../src/lib/monitoring/prometheus/client.js'
import { prometheusConfig } from '../../../../src/lib/monitoring/prometheus/config.js'
import { ScrapedTargets } from '../../../../src/lib/monitoring/prometheus/sync-targets.js'
import { capabilitiesOf } from '../../../../src/lib/monitoring/prometheus/versions.js'
import type { ScrapeTarget } from '../../../../src/lib/monitoring/targets.js'
import { systemHttp } from '../../../../src/lib/platform/http.js'
import { realPrometheus, type RealPrometheus } from '../../../support/monitors.js'
import { needs } from '../../../support/require.js'
import { temporaryFolder } from '../../../support/surroundings.js'

const ODD = 'a "b" \\ c\nd é \u2028'

describe('what a real Prometheus scrapes', function () {
  this.timeout(60_000)
  let real: RealPrometheus

  before(async function () {
    real = await realPrometheus()
    needs(this, 'prometheus', real.why === '', real.why)
  })

  for (const [version, field] of [
    ['3.16.0', 'prometheus'],
    ['2.42.0', 'oldPrometheus'],
  ] as const) {
    it(`${version}: is what it should be; what it does not take is taken back and named, and the others go on`, async () => {
      await using folder = await temporaryFolder()
      await using page = await pageOf(20)
      await using server = await started(real[field], version, folder.path)
      const { api, scraped } = server
      const good = targetOf('good', page.url)
      expect((await scraped.sync([good])).refused).to.deep.equal([])
      await until(async () => (await api.query('up{name="good"} == 1')).length === 1)
      const [up] = await api.query('up{name="good"}')
      expect(up.labels).to.include({ job: 'page', odd: ODD })

      const invalid = { ...targetOf('invalid', page.url), sampleLimit: 1e30 }
      const more = targetOf('more', page.url)
      const report = await scraped.sync([good, invalid, more])
      expect(report.refused.map(({ name }) => name)).to.deep.equal(['invalid'])
      expect(report.refused[0].error).to.contain('failed to reload config')
      expect((await api.runtimeInfo()).reloadConfigSuccess).to.equal(true)
      expect(await configuredIn(folder.path))
        .to.include('more/0')
        .and.not.include('invalid/0')
      // It is not tried again before it changes.
      expect((await scraped.sync([good, invalid, more])).reloaded).to.equal(false)
      await until(async () => (await api.query('up{name="more"} == 1')).length === 1)

      await scraped.sync([good])
      // Nothing of it any more at once, and not only when a query does not look back to it.
      await until(async () => (await api.query('page_lines{name="more"}')).length === 0)
      expect((await api.query('page_lines{name="good"}')).length).to.equal(20)
      server.passMs(60_000)
      await scraped.sync([good])
      expect(await configuredIn(folder.path))
        .to.include('good/0')
        .and.not.include('more/0')
      expect((await scraped.sync([good])).reloaded).to.equal(false)
    })

    it(`${version}: does not take a page of too many samples, and says so`, async () => {
      await using folder = await temporaryFolder()
      await using page = await pageOf(10_001)
      await using server = await started(real[field], version, folder.path)
      await server.scraped.sync([targetOf('large', page.url)])
      const look = async () => (await server.api.targets()).find(({ pool }) => pool === 'large/0')
      await until(async () => (await look())?.health === 'down')
      expect((await look())?.lastError).to.equal('sample limit exceeded')
    })

    it(`${version}: a query that it refuses is refused in its words`, async () => {
      await using folder = await temporaryFolder()
      await using server = await started(real[field], version, folder.path)
      const error = await server.api.query('up{').catch((thrown: unknown) => thrown)
      expect(error).to.have.property('exitCode', 2)
      expect((error as Error).message).to.contain('parse error: unexpected end of input')
    })
  }
})

function targetOf(name: string, url: string): ScrapeTarget {
  return {
    ...{ name, labels: { name, odd: ODD }, credentials: null, sampleLimit: 10_000 },
    endpoints: [{ url, path: '/metrics', job: 'page' }],
  }
}

/** All that Prometheus reads, together. */
async function configuredIn(etc: string): Promise<string> {
  const folder = join(etc, 'scrape.d')
  const files = [
    join(etc, 'prometheus.yml'),
    ...(await readdir(folder)).map((name) => join(folder, name)),
  ]
  return (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('\n')
}

async function started(program: string, version: string, etc: string) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  await mkdir(join(etc, 'scrape.d'))
  const config = {
    ...{ scrapeIntervalMs: 500, capabilities: capabilitiesOf(version), selfTargets: [] },
  }
  await writeFile(join(etc, 'prometheus.yml'), prometheusConfig(config))
  const child = spawn(
    program,
    [
      ...[`--config.file=${etc}/prometheus.yml`, `--storage.tsdb.path=${etc}/tsdb`],
      ...[`--web.listen-address=127.0.0.1:${port}`, '--web.enable-lifecycle'],
    ],
    { stdio: 'ignore' },
  )
  const api = new PrometheusApi(systemHttp, { url, authorization: 'none' })
  let nowMs = 0
  await until(() =>
    api.version().then(
      (found) => found.startsWith(version),
      () => false,
    ),
  )
  return {
    ...{ api, scraped: new ScrapedTargets({ etc, config, api }, () => nowMs) },
    passMs: (ms: number) => void (nowMs += ms),
    async [Symbol.asyncDispose]() {
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    },
  }
}

/** A page of so many samples. */
async function pageOf(samples: number) {
  const text = Array.from({ length: samples }, (_, n) => `page_lines{n="${n}"} ${n}\n`).join('')
  const server: Server = createServer((_request, answer) => {
    answer.setHeader('content-type', 'text/plain; version=0.0.4')
    answer.end(text)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** As long as the test has. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(100)
}
