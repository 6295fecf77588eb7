import { expect } from 'chai'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Figure } from '../../../../src/lib/monitoring/push/figures.js'
import { Pusher, type PusherOptions } from '../../../../src/lib/monitoring/push/pusher.js'
import { verifyStored } from '../../../../src/lib/monitoring/push/verify.js'
import type { FigureStore } from '../../../../src/lib/monitoring/store.js'
import { systemClock } from '../../../../src/lib/platform/clock.js'
import { systemHttp } from '../../../../src/lib/platform/http.js'
import { realPrometheus, type RealPrometheus } from '../../../support/monitors.js'
import { startPrometheus } from '../../../support/prometheus.js'
import { needs } from '../../../support/require.js'
import { temporaryFolder } from '../../../support/surroundings.js'

const parts = { http: systemHttp, clock: systemClock }
const RUN = 'x"7\\k\n2'
const labels = { run: RUN, service: 'vllm', name: 'a "name"' }
const BOUNDS = [0.0001, 0.25, 1, 1000]

function figuresAt(n: number): Figure[] {
  const requests = { kind: 'counter', name: 'aibench.client.requests', unit: '{request}' } as const
  return [
    { ...requests, labels: { ...labels, outcome: 'ok' }, value: 10 * n },
    { ...requests, labels: { ...labels, outcome: 'failed' }, value: n },
    { kind: 'gauge', name: 'aibench.client.inflight', unit: '{request}', labels, value: n || null },
    {
      ...{ kind: 'histogram', name: 'aibench.client.tpot', unit: 's', labels, bounds: BOUNDS },
      ...{ counts: [n, 2 * n, 0, n, 3 * n], sum: 0.1 * n },
    },
  ]
}

describe('what a client tells', function () {
  this.timeout(60_000)
  let real: RealPrometheus

  before(async function () {
    real = await realPrometheus()
    needs(this, 'prometheus', real.why === '', real.why)
  })

  const WAYS = {
    otlp: { flags: ['--web.enable-otlp-receiver'], path: '/api/v1/otlp/v1/metrics' },
    'remote-write': { flags: ['--web.enable-remote-write-receiver'], path: '/api/v1/write' },
  } as const

  async function started(
    program: string,
    protocol: keyof typeof WAYS,
    dir: string,
    port?: number,
  ): Promise<Awaited<ReturnType<typeof startPrometheus>> & { store: FigureStore }> {
    const { flags, path } = WAYS[protocol]
    const running = await startPrometheus({ program, dir, tsdb: `${dir}/tsdb`, flags, port })
    const push = { ...running.api, protocol, url: running.api.url + path }
    const store = { instance: 'm', name: 'monitors', version: '', api: running.api, push }
    return { ...running, store }
  }

  for (const [kind, program, protocol] of [
    ['the new Prometheus by OTLP', 'prometheus', 'otlp'],
    ['the new Prometheus by remote write', 'prometheus', 'remote-write'],
    ['the old Prometheus by remote write', 'oldPrometheus', 'remote-write'],
  ] as const)
    it(`is kept by ${kind}, under the same names and labels`, async () => {
      await using folder = await temporaryFolder()
      await using running = await started(real[program], protocol, folder.path)
      let n = 0
      const pusher = pusherOf(running.store, () => figuresAt(n))
      pusher.start()
      n = 3
      const report = await pusher.end(10_000)
      expect(report).to.include({ made: 2, stored: 2, refused: 0, lost: 0, trouble: null })
      const verified = await verifyStored(
        { ...parts, api: running.api },
        RUN,
        figuresAt(3),
        report.lastAtMs,
      )
      expect(verified).to.deep.equal({ isWhole: true, findings: [] })
      const at = report.lastAtMs / 1000
      const whole = `job="aibench-client",instance="r1",run=${JSON.stringify(RUN)},service="vllm"`
      const value = (query: string) => running.value(query, at)
      expect(await value(`aibench_client_requests_total{${whole},outcome="ok"}`)).to.equal(30)
      expect(await value(`aibench_client_inflight{${whole},name="a \\"name\\""}`)).to.equal(3)
      const bucket = (le: string) =>
        value(`aibench_client_tpot_seconds_bucket{${whole},le="${le}"}`)
      expect(await Promise.all(['0.0001', '0.25', '1', '1000', '+Inf'].map(bucket))).to.deep.equal([
        3, 9, 9, 12, 21,
      ])
      expect(
        await value('histogram_quantile(0.4, aibench_client_tpot_seconds_bucket)'),
      ).to.be.within(0.0001, 0.25)
      // The first moment is there: what is counted since then can be asked for.
      expect(
        await value('count_over_time(aibench_client_requests_total{outcome="ok"}[1m])'),
      ).to.equal(2)
    })

  for (const protocol of ['otlp', 'remote-write'] as const)
    it(`ends what has ended, by ${protocol}`, async () => {
      await using folder = await temporaryFolder()
      await using running = await started(real.prometheus, protocol, folder.path)
      let n = 1
      const pusher = pusherOf(running.store, () => figuresAt(n))
      pusher.start()
      n = 0
      const { lastAtMs } = await pusher.end(10_000)
      const inFlight = (atMs: number) => running.value('aibench_client_inflight', atMs / 1000)
      expect(await inFlight(lastAtMs - 1)).to.equal(1)
      expect(await inFlight(lastAtMs)).to.be.NaN
    })

  it('waits for one that is away, and then is whole, each moment once', async () => {
    await using folder = await temporaryFolder()
    let n = 0
    const first = await started(real.prometheus, 'otlp', folder.path)
    const pusher = pusherOf(first.store, () => figuresAt(n))
    pusher.start()
    while (!((await first.value('aibench_client_requests_total{outcome="ok"}')) >= 0))
      await sleep(50)
    await first.end('SIGKILL')
    for (n = 1; n <= 3; n++) pusher.tell()
    n = 4
    const port = Number(new URL(first.api.url).port)
    await using second = await started(real.prometheus, 'otlp', folder.path, port)
    const report = await pusher.end(20_000)
    expect(report).to.include({ refused: 0, lost: 0, stored: report.made })
    expect(report.trouble).to.match(/ECONNREFUSED|hang up|ECONNRESET/)
    const api = second.api
    const verified = await verifyStored({ ...parts, api }, RUN, figuresAt(4), report.lastAtMs)
    expect(verified.findings).to.deep.equal([])
    const moments = 'count_over_time(aibench_client_requests_total{outcome="ok"}[5m])'
    expect(await second.value(moments, report.lastAtMs / 1000)).to.equal(report.made)
  })

  it('says what is missing when the store lacks it, or has another value', async () => {
    await using folder = await temporaryFolder()
    await using running = await started(real.prometheus, 'otlp', folder.path)
    const pusher = pusherOf(running.store, () => figuresAt(2).slice(0, 3))
    const { lastAtMs } = await pusher.end(10_000)
    const api = running.api
    const { isWhole, findings } = await verifyStored(
      { ...parts, api },
      RUN,
      figuresAt(3),
      lastAtMs,
      { withinMs: 500 },
    )
    expect(isWhole).to.equal(false)
    expect(findings.join('\n')).to.match(/aibench_client_tpot_seconds_count\{.* is not there/)
    expect(findings.join('\n')).to.match(/outcome="ok".* is 20 there, 30 here/)
  })

  it('says how many moments are missing, although the totals are there', async () => {
    await using folder = await temporaryFolder()
    await using running = await started(real.prometheus, 'otlp', folder.path)
    const pusher = pusherOf(running.store, () => figuresAt(3))
    const { startMs: sinceMs } = pusher
    pusher.tell()
    const { lastAtMs, made } = await pusher.end(10_000)
    const look = (moments: number) =>
      verifyStored({ ...parts, api: running.api }, RUN, figuresAt(3), lastAtMs, {
        ...{ withinMs: 500, taken: { moments, sinceMs } },
      })
    expect(await look(made)).to.deep.equal({ isWhole: true, findings: [] })
    expect(await look(made + 3)).to.deep.equal({
      ...{ isWhole: false },
      findings: [`3 of ${made + 3} moments that were taken are not there; the totals are`],
    })
  })

  function pusherOf(
    store: FigureStore,
    figures: () => readonly Figure[],
    change: Partial<PusherOptions> = {},
  ): Pusher {
    const source = { service: 'aibench-client', instance: 'r1' }
    return new Pusher({ ...parts, source, address: store.push!, figures, ...change })
  }
})
