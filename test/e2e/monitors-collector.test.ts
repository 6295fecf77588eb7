import { expect } from 'chai'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { InstanceReport } from '../../src/lib/jobs/reports.js'
import { realChroma } from '../support/chroma.js'
import { aibench, envelopeOf } from '../support/cli.js'
import { realCollector, realPrometheus } from '../support/monitors.js'
import { needs } from '../support/require.js'
import { clock, temporaryFolder } from '../support/surroundings.js'

interface Answer {
  data: { result: { metric: Record<string, string>; value: [number, string] }[] }
}

/** What a stranger would ask a Collector for: figures in, its own figures, its health, its pages. */
const STRANGE: readonly (readonly ['GET' | 'POST', string])[] = [
  ...(['/v1/metrics', '/v1/traces', '/v1/logs'] as const).map((path) => ['POST', path] as const),
  ...(['/', '/metrics', '/health', '/v1/metrics', '/debug/servicez'] as const).map(
    (path) => ['GET', path] as const,
  ),
]

describe('a real Collector in the monitors', function () {
  this.timeout(180_000)

  it('takes what Chroma tells, hands all of it on, and answers nobody without the token', async function () {
    const prometheus = await realPrometheus()
    needs(this, 'prometheus', prometheus.why === '', prometheus.why)
    const collector = await realCollector()
    needs(this, 'collector', collector.why === '', collector.why)
    const chroma = await realChroma()
    needs(this, 'chroma', chroma.command !== undefined, chroma.why)
    await using folder = await temporaryFolder()
    const home = folder.path
    const env = {
      AIBENCH_SCHEDULER: 'local',
      AIBENCH_MONITORS_PROMETHEUS: prometheus.prometheus,
      AIBENCH_MONITORS_COLLECTOR: collector.otelcol,
      AIBENCH_MONITORS_WITH: 'prometheus,collector',
      AIBENCH_CHROMA_COMMAND: chroma.command!,
    }
    const run = async (...args: string[]): Promise<{ instance: InstanceReport }> => {
      const envelope = envelopeOf(await aibench([...args, '--json'], { home, env }))
      expect(envelope.ok, JSON.stringify(envelope.error)).to.equal(true)
      return envelope.data as { instance: InstanceReport }
    }
    // The service comes first: it is found all the same.
    const { instance: served } = await run('chroma', 'start', '--wait')
    const { instance } = await run('monitors', 'start', '--wait')
    try {
      const { url } = instance.endpoint!
      const header = await readFile(join(instance.runDir, 'prometheus.header'), 'utf8')
      const authorization = header.trim().replace('Authorization: ', '')
      const ask = async (query: string) => {
        const address = `${url}/api/v1/query?query=${encodeURIComponent(query)}`
        const answer = await fetch(address, { headers: { authorization } })
        return ((await answer.json()) as Answer).data.result
      }
      const until = async (query: string) => {
        for (let i = 0; i < 600; i++) {
          const result = await ask(query)
          if (result.length > 0) return result
          await clock.sleep(100)
        }
        throw new Error(`nothing came: ${query}`)
      }
      const [first] = await until('healthcheck_total')
      expect(first.metric).to.include({ service: 'chroma', name: served.name, job: 'chroma' })
      // Both are of one moment: nothing that was taken is held back, refused or lost.
      await until(
        'sum(otelcol_receiver_accepted_metric_points_total) > 0 and sum(otelcol_receiver_accepted_metric_points_total) == sum(otelcol_exporter_sent_metric_points_total)',
      )
      expect(await ask('otelcol_exporter_send_failed_metric_points_total > 0')).to.deep.equal([])

      const ports = JSON.parse(await readFile(join(instance.runDir, 'ports.json'), 'utf8')) as {
        collector: number
      }
      for (const [method, path] of STRANGE)
        for (const authorization of ['', 'Bearer wrong']) {
          const answer = await fetch(`http://127.0.0.1:${ports.collector}${path}`, {
            method,
            ...{ headers: { authorization, 'content-type': 'application/json' } },
            ...(method === 'POST' ? { body: '{}' } : {}),
          })
          expect(answer.status, `${method} ${path}`).to.be.oneOf([401, 404, 405])
        }

      const token = (await readFile(join(instance.runDir, 'collector.token'), 'utf8')).trim()
      for (const { runDir } of [instance, served])
        for (const name of await readdir(runDir))
          if (name.endsWith('.log'))
            expect(await readFile(join(runDir, name), 'utf8'), name).not.to.include(token)
    } finally {
      await run('monitors', 'stop')
      expect(await readdir(served.runDir)).not.to.include('otlp-to.json')
      await run('chroma', 'stop')
    }
  })
})
