import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { InstanceReport, MemberReport } from '../../src/lib/jobs/reports.js'
import type { MonitorsReport } from '../../src/lib/services/monitors/check.js'
import { aibench, envelopeOf } from '../support/cli.js'
import { realPrometheus, type RealPrometheus } from '../support/monitors.js'
import { processesOf } from '../support/processes.js'
import { needs } from '../support/require.js'
import { clock, temporaryFolder } from '../support/surroundings.js'

/** What a stranger would ask a Prometheus for. */
const KNOWN_PATHS = [
  ...['/', '/metrics', '/-/healthy', '/-/ready', '/graph', '/api/v1/query?query=up'],
  ...['/api/v1/targets', '/api/v1/status/config', '/api/v1/status/flags', '/federate?match[]=up'],
  ...['/debug/pprof/', '/api/v1/labels'],
]

/** Without a password, and with a wrong one. */
const STRANGERS: readonly Record<string, string>[] = [
  {},
  { authorization: `Basic ${btoa('aibench:wrong')}` },
]

interface Answer {
  data: { result: { value: [number, string] }[] }
}

describe('monitors on this machine', function () {
  this.timeout(120_000)
  let real: RealPrometheus

  before(async function () {
    real = await realPrometheus()
    needs(this, 'prometheus', real.why === '', real.why)
  })

  const runIn = (home: string, prometheus: string) => {
    const env = {
      AIBENCH_SCHEDULER: 'local',
      AIBENCH_MONITORS_PROMETHEUS: prometheus,
      AIBENCH_MONITORS_NODE_EXPORTER: real.nodeExporter,
      AIBENCH_MONITORS_WITH: 'prometheus,node',
    }
    return async (...args: string[]) => {
      const envelope = envelopeOf(await aibench(['monitors', ...args, '--json'], { home, env }))
      expect(envelope.ok, JSON.stringify(envelope.error)).to.equal(true)
      return envelope.data
    }
  }
  const memberOf = ({ members }: InstanceReport, name: string): MemberReport =>
    members.find((member) => member.name === name)!
  const headersOf = async ({ runDir }: InstanceReport, name: string) => {
    const text = await readFile(join(runDir, `${name}.header`), 'utf8')
    return { authorization: text.trim().replace('Authorization: ', '') }
  }
  /** How many samples there are of the monitors' own target. */
  async function countOf(instance: InstanceReport): Promise<number> {
    const query = 'count_over_time(up{job="prometheus"}[1h])'
    const { url } = instance.endpoint!
    const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`, {
      headers: await headersOf(instance, 'prometheus'),
    }).catch(() => undefined)
    if (answer?.status !== 200) return 0
    const { data } = (await answer.json()) as Answer
    return Number(data.result[0]?.value[1] ?? 0)
  }
  async function untilCounted(instance: InstanceReport, atLeast: number): Promise<number> {
    for (let i = 0; i < 600; i++) {
      const count = await countOf(instance)
      if (count >= atLeast) return count
      await clock.sleep(100)
    }
    throw new Error('no samples came')
  }

  for (const version of ['3.16.0', '2.42.0'])
    it(`with Prometheus ${version} live: closed to strangers, back after a KILL, gone after a stop`, async () => {
      await using folder = await temporaryFolder()
      const run = runIn(folder.path, version === '3.16.0' ? real.prometheus : real.oldPrometheus)
      const { instance, description } = await run('start', '--wait')
      expect(description).to.include(`prometheus ${version}`)
      const checked: MonitorsReport = await run('check', '--wait')
      expect(checked.members.map(({ name, state }) => [name, state])).to.deep.equal([
        ['prometheus', 'ready'],
        ['node', 'ready'],
      ])
      expect(checked.figures).to.include({ shared: null })

      const secrets: string[] = []
      for (const name of ['prometheus', 'node']) {
        const file = memberOf(checked, name).endpoint!.tokenFile!
        expect((await stat(file)).mode & 0o777).to.equal(0o600)
        secrets.push((await readFile(file, 'utf8')).trim().split(':')[1])
        const { url } = memberOf(checked, name).endpoint!
        for (const path of KNOWN_PATHS)
          for (const headers of STRANGERS)
            expect((await fetch(url + path, { headers })).status, `${name}${path}`).to.equal(401)
        const path = name === 'node' ? '/metrics' : '/api/v1/labels'
        const headers = await headersOf(instance, name)
        expect((await fetch(url + path, { headers })).status).to.equal(200)
      }
      expect(await placesOf(secrets, folder.path)).to.deep.equal([])

      const before = await untilCounted(instance, 3)
      const { pid } = JSON.parse(
        await readFile(join(instance.runDir, 'endpoint.prometheus.json'), 'utf8'),
      ) as { pid: number }
      process.kill(pid, 'SIGKILL')
      expect(await untilCounted(instance, before)).to.be.at.least(before)
      expect(await readFile(join(instance.runDir, 'stderr.log'), 'utf8')).to.include(
        'prometheus ended, signal KILL; it is started again',
      )

      const { how } = await run('stop')
      expect(how).to.equal('stopped')
      expect(existsSync(checked.figures!.dir)).to.equal(false)
      expect(processesOf(folder.path)).to.deep.equal([])
      expect(await readdir(instance.runDir)).to.not.include.members(['prometheus.token'])
    })

  it('run twice beside each other, and can keep their figures in a directory of the user’s', async () => {
    await using folder = await temporaryFolder()
    const run = runIn(folder.path, real.prometheus)
    const tsdb = join(folder.path, 'figures')
    const one = (await run('start', '--wait', '--tsdb-dir', tsdb)).instance as InstanceReport
    const two = (await run('start', '--wait', '--name', 'two')).instance as InstanceReport
    expect(one.endpoint!.url).to.not.equal(two.endpoint!.url)
    await untilCounted(one, 1)
    await untilCounted(two, 1)
    await run('stop', 'two')
    await run('stop')
    expect(await readdir(tsdb)).to.include('wal')
    expect((await stat(tsdb)).mode & 0o777).to.equal(0o700)
  })
})

/** Where a secret stands besides its own files: command lines, and all files of the state and the runs. */
async function placesOf(secrets: readonly string[], home: string): Promise<string[]> {
  const found: string[] = []
  const look = (place: string, text: string) => {
    if (secrets.some((secret) => text.includes(secret))) found.push(place)
  }
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)))
    look(pid, await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''))
  for (const entry of await readdir(home, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || /\.(token|header)$/.test(entry.name)) continue
    const path = join(entry.parentPath, entry.name)
    look(path, await readFile(path, 'utf8').catch(() => ''))
  }
  return found
}
