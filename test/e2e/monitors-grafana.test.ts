import { expect } from 'chai'
import { createHmac } from 'node:crypto'
import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { InstanceReport } from '../../src/lib/jobs/reports.js'
import { boards } from '../../src/lib/monitoring/panels/boards.js'
import { fill, rateIntervalMs } from '../../src/lib/monitoring/panels/fill.js'
import type { MonitorsReport } from '../../src/lib/services/monitors/check.js'
import { makeLogin } from '../../src/lib/services/monitors/job/login-link.js'
import type { OpenReport } from '../../src/lib/services/monitors/open.js'
import { aibench, envelopeOf } from '../support/cli.js'
import { realGrafana, writeStandIn } from '../support/grafana.js'
import { realPrometheus } from '../support/monitors.js'
import { processesOf } from '../support/processes.js'
import { needs } from '../support/require.js'
import { temporaryFolder } from '../support/surroundings.js'

interface Target {
  expr: string
  refId: string
}
interface Dashboard {
  uid: string
  time: { from: string; to: string }
  panels: { type: string; title: string; targets?: Target[] }[]
}
/** One of `/api/ds/query`: frames since version 8, series before. */
interface Result {
  error?: string
  frames?: { data: { values: unknown[][] } }[]
  series?: { points: unknown[] }[]
}

/** What a stranger would ask for. `/login` is a page for strangers; health tells its version and no more. */
const STRANGE = [
  ...['/', '/metrics', '/d/aibench-overview', '/explore', '/api/org', '/api/user', '/api/users'],
  ...['/api/search', '/api/datasources', '/api/dashboards/home', '/api/admin/settings'],
  ...['/api/dashboards/uid/aibench-overview', '/api/frontend/settings', '/api/plugins'],
  ...['/api/datasources/proxy/1/api/v1/query?query=up', '/api/snapshots', '/api/annotations'],
  ...['/render/d/aibench-overview', '/api/live/ws', '/debug/pprof/', '/api/admin/provisioning'],
] as const

const GRAFANAS = [
  {
    title: 'a real Grafana',
    find: (test: Mocha.Context) => {
      const { grafana, why } = realGrafana()
      needs(test, 'grafana', why === '', why)
      return Promise.resolve(grafana)
    },
  },
  {
    title: 'a stand-in for Grafana, which is called and configured as it is,',
    find: (_test: Mocha.Context, folder: string) => writeStandIn(folder),
  },
] as const

for (const { title, find } of GRAFANAS)
  describe(`${title} in the monitors`, function () {
    this.timeout(240_000)
    let folder: Awaited<ReturnType<typeof temporaryFolder>>
    let env: Record<string, string>
    let instance: InstanceReport
    let report: MonitorsReport
    let version: number
    const secrets: string[] = []

    const run = async (...args: string[]): Promise<unknown> => {
      const envelope = envelopeOf(await aibench([...args, '--json'], { home: folder.path, env }))
      expect(envelope.ok, JSON.stringify(envelope.error)).to.equal(true)
      return envelope.data
    }

    before(async function () {
      const real = await realPrometheus()
      needs(this, 'prometheus', real.why === '', real.why)
      folder = await temporaryFolder()
      const grafana = await find(this, folder.path)
      env = {
        AIBENCH_SCHEDULER: 'local',
        AIBENCH_MONITORS_PROMETHEUS: real.prometheus,
        AIBENCH_MONITORS_NODE_EXPORTER: real.nodeExporter,
        AIBENCH_MONITORS_GRAFANA: grafana,
        AIBENCH_MONITORS_WITH: 'prometheus,grafana,node',
      }
      ;({ instance } = (await run('monitors', 'start', '--wait')) as { instance: InstanceReport })
      await run('vllm', 'start', '--simulate', '--ttft', '50ms', '--itl', '5ms', '--wait')
      // What it measured is of no matter here: a machine that is busy makes it late.
      const bench = ['vllm', 'bench', 'vllm', '--rate', '10', '--duration', '8s']
      await aibench(bench, { home: folder.path, env })
      report = (await run('monitors', 'check', '--dashboards')) as MonitorsReport
      const health = (await (await get('/api/health')).json()) as { version: string }
      version = parseFloat(health.version)
      for (const name of await readdir(instance.runDir))
        if (name.endsWith('.token'))
          secrets.push((await readFile(join(instance.runDir, name), 'utf8')).trim())
    })

    after(async () => {
      if (!folder) return
      await aibench(['vllm', 'stop'], { home: folder.path, env })
      await aibench(['monitors', 'stop', '--force'], { home: folder.path, env })
      await folder[Symbol.asyncDispose]()
    })

    const urlOf = ({ members }: InstanceReport): string =>
      members.find(({ name }) => name === 'grafana')!.endpoint!.url

    const get = (path: string, headers: Record<string, string> = {}, of = instance) =>
      fetch(urlOf(of) + path, { headers, redirect: 'manual' })

    const headerOf = async ({ runDir }: InstanceReport): Promise<Record<string, string>> => {
      const text = await readFile(join(runDir, 'grafana.header'), 'utf8')
      return { authorization: text.trim().replace('Authorization: ', '') }
    }

    async function asked<T>(path: string, of = instance): Promise<T> {
      const answer = await get(path, await headerOf(of), of)
      expect(answer.status, path).to.equal(200)
      return (await answer.json()) as T
    }

    const dashboardOf = async (uid: string, of = instance): Promise<Dashboard> =>
      (await asked<{ dashboard: Dashboard }>(`/api/dashboards/uid/${uid}`, of)).dashboard

    /** As a panel asks: how many numbers come, of all series. The page fills in the variables. */
    async function query(
      { expr, refId }: Target,
      { from, to }: { from: number; to: number },
      of = instance,
    ): Promise<number> {
      const step = Math.max(1000, Math.ceil((to - from) / 200_000) * 1000)
      const [source] = await asked<{ id: number; uid: string; type: string }[]>(
        '/api/datasources',
        of,
      )
      const filling = {
        rateIntervalMs: rateIntervalMs({ stepMs: step, scrapeIntervalMs: 1000 }),
        rangeMs: to - from,
      }
      const answer = await fetch(`${urlOf(of)}/api/ds/query`, {
        method: 'POST',
        headers: { ...(await headerOf(of)), 'content-type': 'application/json' },
        body: JSON.stringify({
          ...{ from: String(from), to: String(to) },
          queries: [
            {
              ...{ refId, expr: fill(expr, filling), intervalMs: step, maxDataPoints: 200 },
              datasource: { type: source.type, uid: source.uid },
              ...{ datasourceId: source.id, range: true, instant: false, format: 'time_series' },
            },
          ],
        }),
      })
      const { results } = (await answer.json()) as { results: Record<string, Result> }
      const { error, frames, series } = results[refId]
      if (error) throw new Error(`${expr}: ${error}`)
      return frames
        ? frames.reduce((sum, { data }) => sum + (data.values[0]?.length ?? 0), 0)
        : (series ?? []).reduce((sum, { points }) => sum + points.length, 0)
    }

    it('is ready, with its data source and every dashboard, and opens on the overview', async () => {
      const states = report.members.map(({ name, state }) => [name, state])
      expect(states).to.deep.include(['grafana', 'ready'])
      const found = await asked<{ uid: string }[]>('/api/search?type=dash-db')
      expect(found.map(({ uid }) => uid).sort()).to.deep.equal(boards.map(({ uid }) => uid).sort())
      const [source] = await asked<object[]>('/api/datasources')
      expect(source).to.include({ uid: 'aibench-prometheus', isDefault: true, readOnly: true })
      const home = await asked<{ dashboard: { title: string } }>('/api/dashboards/home')
      expect(home.dashboard.title).to.equal('aibench: overview')
      expect((await dashboardOf('aibench-run')).time).to.deep.equal({ from: 'now-15m', to: 'now' })
    })

    it('has data in each panel that has some by asking Prometheus itself', async () => {
      const span = { from: Date.parse(instance.readyAt!), to: Date.now() }
      for (const { uid, panels } of report.dashboards!) {
        const dashboard = await dashboardOf(uid)
        expect(panels.filter(({ state }) => state !== 'data')).to.deep.equal([])
        for (const { title } of panels) {
          const { targets } = dashboard.panels.find((panel) => panel.title === title)!
          const counts = await Promise.all(targets!.map((target) => query(target, span)))
          expect(Math.max(...counts), `${uid}: ${title}`).to.be.greaterThan(0)
        }
      }
      // Each query of all of them is one that it can hand on, whether or not anything answers.
      for (const { uid } of boards)
        for (const { targets = [] } of (await dashboardOf(uid)).panels)
          for (const target of targets) expect(await query(target, span)).to.be.at.least(0)
    })

    it('tells nobody anything who has no password', async () => {
      const words = [...secrets, 'aibench-prometheus', 'aibench: overview', instance.endpoint!.url]
      for (const path of STRANGE)
        for (const authorization of ['', `Basic ${btoa('aibench:wrong')}`, 'Bearer wrong']) {
          const answer = await get(path, authorization ? { authorization } : {})
          expect(answer.status, path).to.be.oneOf([302, 401, 403, 404])
          const text = await answer.text()
          for (const word of words) expect(text.includes(word), path).to.equal(false)
        }
      const health = (await (await get('/api/health')).json()) as object
      expect(Object.keys(health)).to.include('database').and.have.length.at.most(4)
    })

    it('lets in who has the password, however often others guessed', async () => {
      const { authorization } = await headerOf(instance)
      const [user, right] = atob(authorization.replace('Basic ', '')).split(':')
      const login = (password: string) =>
        fetch(`${urlOf(instance)}/login`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ user, password }),
        })
      for (let i = 0; i < 7; i++) expect((await login(`wrong${i}`)).status).to.equal(401)
      const entered = await login(right)
      expect(entered.status).to.equal(200)
      const cookie = entered.headers.getSetCookie().map((one) => one.split(';')[0])
      expect((await get('/api/user', { cookie: cookie.join('; ') })).status).to.equal(200)
    })

    it('has a link that opens logged-in, in a file that check names and nobody else can read', async function () {
      const { grafanaLink } = report
      expect(grafanaLink).to.equal(join(instance.runDir, 'grafana-link.token'))
      expect((await stat(grafanaLink!)).mode & 0o777).to.equal(0o600)
      const link = new URL((await readFile(grafanaLink!, 'utf8')).trim())
      expect(link.origin).to.equal(urlOf(instance))
      expect(JSON.stringify(report)).not.to.include(link.search)
      const shown = await aibench(['monitors', 'check'], { home: folder.path, env })
      expect(shown.stdout).to.include(`cat ${grafanaLink}`).and.not.include('auth_token')
      needs(this, 'grafana', version >= 9.1, `Grafana ${version} takes no login from an address`)
      const opened = await get(`${link.pathname}${link.search}`)
      expect(opened.status).to.be.oneOf([200, 302])
      const cookie = opened.headers.getSetCookie().map((one) => one.split(';')[0])
      expect((await get('/api/user', { cookie: cookie.join('; ') })).status).to.equal(200)
      const token = link.searchParams.get('auth_token')!
      expect((await get('/api/user', { 'x-jwt-assertion': token })).status).to.equal(200)
    })

    it('takes no login but its own: of another key, of none, of another name, or too old', async () => {
      const link = new URL((await readFile(report.grafanaLink!, 'utf8')).trim())
      const [head, body, signature] = link.searchParams.get('auth_token')!.split('.')
      const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object
      const written = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
      const publicKey = await readFile(join(await etcOf(instance), 'grafana-login.pem'), 'utf8')
      const symmetric = `${written({ alg: 'HS256', typ: 'JWT' })}.${body}`
      const forged = {
        'another key': (await makeLogin(new Date(), 3_600_000)).token,
        'no signature': `${written({ alg: 'none', typ: 'JWT' })}.${body}.`,
        'the public key as a secret': `${symmetric}.${createHmac('sha256', publicKey).update(symmetric).digest('base64url')}`,
        'other claims': `${head}.${written({ ...claims, role: 'GrafanaAdmin' })}.${signature}`,
        'of last year': (await makeLogin(new Date(Date.now() - 366 * 86_400_000), 1000)).token,
      }
      for (const [what, token] of Object.entries(forged)) {
        const asHeader = await get('/api/user', { 'x-jwt-assertion': token })
        expect(asHeader.status, what).to.be.oneOf([401, 403])
        const asAddress = await get(`/api/user?auth_token=${token}`)
        expect(asAddress.status, what).to.be.oneOf([401, 403])
      }
    })

    it('is given no secret in words that others can see, and writes none', async () => {
      const log = await readFile(join(instance.runDir, 'grafana.log'), 'utf8')
      const words = processesOf(join(await etcOf(instance), '..'))
      expect(words.join('\n')).to.include('grafana.ini')
      for (const secret of secrets)
        for (const part of [secret, secret.split(':').at(-1)!, secret.split('auth_token=').at(-1)!])
          expect([log, ...words].some((text) => text.includes(part))).to.equal(false)
    })

    it('shows an archive that is opened: its time, its data, and the link to it', async () => {
      await run('vllm', 'stop')
      await run('monitors', 'stop')
      const left = await readdir(instance.runDir)
      expect(left.filter((name) => /\.(token|header)$/.test(name))).to.deep.equal([])
      const opened = (await run('monitors', 'open', instance.runDir)) as OpenReport
      const { from, to } = opened.archive as { from: number; to: number }
      try {
        expect(opened.grafanaLink).to.equal(join(opened.instance.runDir, 'grafana-link.token'))
        const { time, panels } = await dashboardOf('aibench-run', opened.instance)
        expect(time).to.deep.equal({
          from: new Date(from).toISOString(),
          to: new Date(to).toISOString(),
        })
        const { targets } = panels.find((panel) => panel.title === 'Time to first token')!
        const span = { from: Date.parse(time.from), to: Date.parse(time.to) }
        expect(await query(targets![0], span, opened.instance)).to.be.greaterThan(0)
        const checked = (await run(
          ...['monitors', 'check', opened.instance.name, '--dashboards'],
        )) as MonitorsReport
        const titles = checked.dashboards!.map(({ title }) => title)
        expect(titles).to.include.members(['aibench: one run', 'aibench: vLLM'])
      } finally {
        await run('monitors', 'stop')
      }
    })
  })

/** Where the job writes what its servers read. */
async function etcOf({ runDir }: InstanceReport): Promise<string> {
  const { dir } = JSON.parse(await readFile(join(runDir, 'tsdb.json'), 'utf8')) as { dir: string }
  return join(dir, '..', 'etc')
}
