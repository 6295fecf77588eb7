import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InstanceReport } from '../../src/lib/jobs/reports.js'
import { realGrafana } from '../support/grafana.js'
import { realCollector, realPrometheus } from '../support/monitors.js'
import { needs } from '../support/require.js'
import { clock } from '../support/surroundings.js'
import type { Envelope } from '../support/cli.js'
import { Cluster, QUICK_BENCH } from './cluster.js'

/** What a stranger would try on any port that he finds. */
const KNOWN_PATHS = [
  ...['/', '/metrics', '/-/healthy', '/-/ready', '/-/reload', '/api/v1/query?query=up'],
  ...['/api/v1/targets', '/api/v1/status/config', '/api/v1/write', '/federate', '/v1/metrics'],
  ...['/member/vllm/metrics', '/debug/pprof/', '/v1/models'],
]

interface Target {
  name: string
  node: string
  upAt: string | null
  samples: number
  error: string | null
}

describe('monitors on a real Slurm cluster', function () {
  this.timeout(300_000)
  const cluster = Cluster.forTests()
  let programs: Record<string, string>
  const run = (args: readonly string[]): Promise<Envelope> => cluster.json(args, { env: programs })
  const done = async (...args: string[]) => {
    const envelope = await run(args)
    expect(envelope.ok, `${args.join(' ')}: ${JSON.stringify(envelope.error)}`).to.equal(true)
    return envelope.data
  }
  const start = async (...args: string[]): Promise<InstanceReport> =>
    (await done(...args, '--wait')).instance

  before(async function () {
    const prometheus = await realPrometheus()
    needs(this, 'prometheus', prometheus.why === '', prometheus.why)
    const collector = await realCollector()
    needs(this, 'collector', collector.why === '', collector.why)
    programs = {
      AIBENCH_MONITORS_PROMETHEUS: prometheus.prometheus,
      AIBENCH_MONITORS_NODE_EXPORTER: prometheus.nodeExporter,
      AIBENCH_MONITORS_COLLECTOR: collector.otelcol,
    }
    const { grafana, why } = realGrafana()
    if (why === '') programs.AIBENCH_MONITORS_GRAFANA = grafana
  })

  it('see what starts before and after them, show it in every panel, keep it, and give it back', async () => {
    const vllm = await start('vllm', 'start', '--simulate', '--exclusive')
    const monitors = await start('monitors', 'start')
    const chroma = await start('chroma', 'start')
    expect(new Set([vllm, monitors, chroma].map(({ node }) => node)).size).to.be.greaterThan(1)
    await untilUp('vllm', 'chroma')
    const load = ['--num-prompts', '60', '--concurrency', '4', '--output-len', '16']
    const inference = await done('vllm', 'bench', '--dataset', 'random', ...load)
    await done('chroma', 'bench', ...QUICK_BENCH)
    const { dashboards } = await done('monitors', 'check', '--dashboards')
    const empty = (dashboards as { panels: { title: string; state: string }[] }[])
      .flatMap(({ panels }) => panels)
      .filter(({ state }) => state !== 'data')
    expect(empty).to.deep.equal([])
    expect(inference.monitors).to.include({ verdict: 'stored' })
    expect(inference.server.differences ?? []).to.deep.equal([])
    await done('monitors', 'stop')
    expect(existsSync(join(monitors.runDir, 'archive/manifest.json'))).to.equal(true)
    const opened = await done('monitors', 'open', join(monitors.runDir, 'archive'))
    expect(opened.counted).to.equal(opened.archive.counted.samples)
    await done('monitors', 'stop')
    await done('chroma', 'stop')
    await done('vllm', 'stop')
    expect(cluster.leftovers()).to.deep.equal([])
  })

  it('answer nobody without credentials, on any port, from any node; and their secrets are nowhere', async () => {
    const instances = [
      await start('monitors', 'start'),
      await start('vllm', 'start', '--simulate', '--exclusive'),
    ]
    await untilUp('vllm')
    const answered: string[] = []
    for (const { node, runDir } of instances) {
      const address = addressOf(node!)
      const ports = portsOf(node!)
      expect(ports, `ports of ${runDir}`).to.not.be.empty
      for (const port of ports)
        for (const path of KNOWN_PATHS) {
          const url = `http://${address}:${port}${path}`
          const status = curlAs('nobody', otherThan(node!), url)
          // Grafana sends who is a stranger to its login.
          if (!/^(000|401|403|404|302http:.*\/login)$/.test(status))
            answered.push(`${status} ${url}`)
        }
    }
    expect(answered).to.deep.equal([])
    for (const secret of secretsOf(instances)) expect(placesOf(secret, instances)).to.deep.equal([])
  })

  it('gone in mid-benchmark take nothing from it but what they had', async () => {
    await start('vllm', 'start', '--simulate', '--exclusive')
    await start('monitors', 'start')
    await untilUp('vllm')
    const load = ['--duration', '8s', '--concurrency', '4', '--output-len', '16']
    const bench = run(['vllm', 'bench', '--dataset', 'random', ...load])
    await clock.sleep(4_000)
    await done('monitors', 'stop')
    const { ok, data, error } = await bench
    expect(ok, error?.message).to.equal(true)
    expect(['incomplete', 'unknown']).to.include(data.monitors.verdict)
    expect(data.warnings.join()).to.match(/monitors/)
  })

  async function untilUp(...names: string[]): Promise<void> {
    let targets: Target[] = []
    for (let i = 0; i < 100; i++) {
      targets = (await done('monitors', 'check')).targets as Target[]
      const up = targets.filter(({ upAt }) => upAt !== null).map(({ name }) => name)
      if (names.every((name) => up.includes(name))) return
      await clock.sleep(500)
    }
    throw new Error(`not up: ${JSON.stringify(targets)}`)
  }

  const inNode = (node: string, line: string) => cluster.onNode(node, line)
  const addressOf = (node: string) =>
    /10\.78\.0\.\d+/.exec(inNode(node, 'hostname -I || ip -4 -o addr show'))![0]
  const otherThan = (node: string) => ['aib0001', 'aib0002', 'aib0003'].find((one) => one !== node)!

  /** What the user's processes listen on there, beyond the loopback. */
  function portsOf(node: string): number[] {
    const lines = inNode(node, 'cat /proc/net/tcp').trim().split('\n').slice(1)
    const uid = spawnSync('id', ['-u', 'aibtest'], { encoding: 'utf8' }).stdout.trim()
    return lines
      .map((line) => line.trim().split(/\s+/))
      .filter(
        ([, local, , state, , , , owner]) =>
          state === '0A' && owner === uid && !local.startsWith('0100007F'),
      )
      .map(([, local]) => Number.parseInt(local.split(':')[1], 16))
  }

  function curlAs(user: string, node: string, url: string): string {
    const { stdout } = spawnSync(
      'nsenter',
      [
        ...[`--net=/run/netns/${node}`, 'setpriv', `--reuid=${user}`, '--clear-groups'],
        ...['curl', '-s', '-m', '5', '-o', '/dev/null', '-w', '%{http_code}%{redirect_url}', url],
      ],
      { encoding: 'utf8' },
    )
    return stdout
  }

  /** The secret part of every token file. */
  function secretsOf(instances: readonly InstanceReport[]): string[] {
    return instances.flatMap(({ runDir }) =>
      spawnSync('bash', ['-c', `cat ${runDir}/*.token | tr ':' '\\n' | grep -E '.{20,}'`], {
        encoding: 'utf8',
      })
        .stdout.split('\n')
        .filter(Boolean),
    )
  }

  /** Where else a secret is to be found: command lines, the scheduler, the state, logs. */
  function placesOf(secret: string, instances: readonly InstanceReport[]): string[] {
    const places: [string, string][] = [
      ['ps', spawnSync('ps', ['-eo', 'args='], { encoding: 'utf8' }).stdout],
      ['scontrol', cluster.slurm('scontrol', 'show', 'job')],
      ['state', readFileSync(join(cluster.home, 'state.json'), 'utf8')],
    ]
    const found = places.filter(([, text]) => text.includes(secret)).map(([place]) => place)
    for (const { runDir } of instances) {
      const { stdout } = spawnSync('grep', ['-rlF', '-e', secret, runDir], { encoding: 'utf8' })
      found.push(
        ...stdout.split('\n').filter((path) => path && !/\.(token|header)$|job\.env$/.test(path)),
      )
    }
    return found
  }
})
