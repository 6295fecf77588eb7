import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InstanceReport } from '../../src/lib/jobs/reports.js'
import { Cluster, QUICK_BENCH } from './cluster.js'

describe('Chroma on a node that others use too', function () {
  this.timeout(300_000)
  const cluster = Cluster.forTests({ nodes: 1 })

  /** As somebody else, logged in to the node. */
  function asStranger(node: string, script: string): string {
    const enter = [
      '--net=/run/netns/' + node,
      'runuser',
      '-u',
      'nobody',
      '--',
      'bash',
      '-c',
      script,
    ]
    return spawnSync('nsenter', enter, { encoding: 'utf8' }).stdout
  }

  /** What every port that listens on the node answers, but for Slurm's own. */
  function scan(node: string, header = ''): Record<string, number> {
    const ports = asStranger(node, 'ss -Hltn').matchAll(/ ([\d.]+):(\d+) /g)
    const answers = [...ports]
      .filter(([, , port]) => port !== '16818')
      .map(([, host, port]) => [
        port,
        asStranger(
          node,
          `curl -s -m 10 -o /dev/null -w '%{http_code}' ${header} http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}/api/v2/version`,
        ),
      ])
    return Object.fromEntries(answers.map(([port, code]) => [port, Number(code)]))
  }

  /** The exporter beside it has a token of its own. */
  function exporterOf(runDir: string): number {
    const name = readdirSync(runDir).find((one) => /^exporter\.\w+\.json$/.test(one))!
    return (JSON.parse(readFileSync(join(runDir, name), 'utf8')) as { port: number }).port
  }

  it('answers nobody without the token, and is measured all the same past the gate', async () => {
    const started = await cluster.json(['chroma', 'start', '--wait'])
    expect(started.ok, JSON.stringify(started.error)).to.equal(true)
    const { runDir, nodes, endpoint, call } = started.data.instance as InstanceReport
    const [node] = nodes
    const port = new URL(endpoint!.url).port
    const beside = exporterOf(runDir)
    expect(scan(node)).to.deep.equal({ [port]: 401, [beside]: 401 })
    const token = readFileSync(join(runDir, 'gate.token'), 'utf8').trim()
    expect(scan(node, `-H 'Authorization: Bearer ${token}'`)).to.deep.equal({
      [port]: 200,
      [beside]: 401,
    })
    expect(asStranger(node, `cat ${runDir}/gate.token`)).to.equal('')
    const pasted = cluster.onNode(node, call!)
    expect(pasted).to.match(/heartbeat/)

    const bench = await cluster.json(['chroma', 'bench', ...QUICK_BENCH])
    expect(bench.ok, JSON.stringify(bench.error)).to.equal(true)
    expect(bench.data.server.cores).to.be.greaterThan(0)
    expect(bench.data.provenance.access).to.equal('token')
    await cluster.json(['chroma', 'stop'])
    expect(cluster.leftovers()).to.deep.equal([])
    expect(scan(node)).to.deep.equal({})
  })

  it('is open to the node when that was asked for, and says so', async () => {
    const { data } = await cluster.json(['chroma', 'start', '--open', '--wait'])
    const { nodes, endpoint, runDir } = data.instance as InstanceReport
    // Where Chroma tells its own figures by gRPC, as open as Chroma itself and a moment later: no HTTP is answered there.
    const inlet = readFileSync(join(runDir, 'otlp-in.json'), 'utf8')
    const { [(JSON.parse(inlet) as { port: number }).port]: told = 0, ...rest } = scan(nodes[0])
    expect([told, rest]).to.deep.equal([
      0,
      { [new URL(endpoint!.url).port]: 200, [exporterOf(runDir)]: 401 },
    ])
    const check = await cluster.run(['chroma', 'check'])
    expect(check.stdout).to.match(/open to every user of the node/)
    await cluster.json(['chroma', 'stop'])
  })
})
