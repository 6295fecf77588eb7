import { expect } from 'chai'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OPEN } from '../../../src/lib/instrument/http/access.js'
import type { WorkerConfig } from '../../../src/lib/instrument/process/worker-config.js'
import type { VectorPlan } from '../../../src/lib/instrument/vectors/plan.js'
import type { VectorResult } from '../../../src/lib/instrument/vectors/result.js'
import { runBenchmark } from '../../../src/lib/benchmarks/run-benchmark.js'
import { openRun } from '../../../src/lib/benchmarks/run-record.js'
import { Telling } from '../../../src/lib/benchmarks/telling.js'
import { vectors } from '../../../src/lib/benchmarks/vectors/kind.js'
import type { Context, Serving } from '../../../src/lib/jobs/contract.js'
import type { FigureStore } from '../../../src/lib/monitoring/store.js'
import { systemClock, type Clock } from '../../../src/lib/platform/clock.js'
import { contextWith, type FakeContext } from '../../support/context.js'
import { instanceWith } from '../../support/instances.js'
import { CHROMA } from '../../support/measured.js'
import { realPrometheus, type RealPrometheus } from '../../support/monitors.js'
import { startPrometheus, type RunningPrometheus } from '../../support/prometheus.js'
import { needs } from '../../support/require.js'
import { vectorResult } from '../../support/vector-result.js'

const KEEPER = instanceWith({ id: 'm1', name: 'monitors', service: 'keeper' })
const says = (event: object) => `echo '${JSON.stringify(event)}'`
const PHASE = says({ type: 'phase', phase: 'level', text: '' })
const GROWN = says({
  ...{ type: 'growth', counters: { ok: 5 } },
  times: { duration: { counts: [[10, 5]], sumS: 0.001 } },
})
/** Until the test has done what it is about. */
const WAITS = 'until [[ -e "$D/go" ]]; do sleep 0.05; done'

const clockWith = (aheadMs: number): Clock => ({
  now: () => new Date(Date.now() + aheadMs),
  monotonicMs: () => systemClock.monotonicMs(),
  sleep: (...asked) => systemClock.sleep(...asked),
})

describe('a benchmark that tells monitors how it goes', function () {
  this.timeout(60_000)
  let real: RealPrometheus

  before(async function () {
    real = await realPrometheus()
    needs(this, 'prometheus', real.why === '', real.why)
  })

  const prometheusIn = ({ folder }: FakeContext, scrapeInterval: string | null = null) =>
    startPrometheus({
      ...{ program: real.prometheus, dir: folder, tsdb: join(folder, 'tsdb'), scrapeInterval },
      flags: ['--web.enable-otlp-receiver'],
    })

  interface Circumstances {
    /** What happens while it measures. */
    middle?: () => Promise<unknown>
    /** How far our clock is ahead of theirs. */
    aheadMs?: number
    /** What the store says of itself. */
    trouble?: string[]
  }

  async function measured(
    base: FakeContext,
    prometheus: RunningPrometheus,
    { middle = async () => undefined, aheadMs = 0, trouble = [] }: Circumstances = {},
  ) {
    let isThere = true
    const store: FigureStore = {
      ...{ instance: KEEPER.id, name: KEEPER.name, version: '3.16.0', api: prometheus.api },
      trouble: async () => trouble,
      push: {
        ...prometheus.api,
        protocol: 'otlp',
        url: `${prometheus.api.url}/api/v1/otlp/v1/metrics`,
      },
    }
    const keeper = { shape: 'serving', figures: async () => (isThere ? store : undefined) }
    const context: Context = {
      ...base,
      clock: clockWith(aheadMs),
      serviceIfKnown: () => keeper as unknown as Serving,
    }
    const server = { ...OPEN, url: 'http://127.0.0.1:1' }
    const run = await openRun(context, 'chroma', { label: server.url, observation: null })
    const result = vectorResult({ thresholds: [], files: filesIn(run.dir) })
    const about = { kind: 'vectors', run: run.id, service: 'chroma', name: 'a "name"' }
    const telling = await Telling.to(context, about, vectors.told({} as VectorPlan, 'chroma'))
    const writes = `echo '${JSON.stringify(result)}' > "$D/result.json"`
    const script = [PHASE, GROWN, WAITS, GROWN, writes].join('; ')
    const work = runBenchmark(context, kind, {
      ...{ run, service: CHROMA, telling, again: '', config: { runDir: run.dir } as WorkerConfig },
      target: { observation: null, server },
      plan: { errorRateLimit: 0.01 } as VectorPlan,
      argv: ['bash', '-c', `D="\${0%/*}"; ${script}`],
    })
    await middle()
    isThere = prometheus.isThere()
    await writeFile(join(run.dir, 'go'), '')
    const found = await work
    const kept = JSON.parse(await readFile(join(run.dir, 'result.json'), 'utf8')) as VectorResult
    return { run, result, found, kept, records: (await context.state.read()).runs[run.id] }
  }

  const kind = {
    ...vectors,
    judged: () => ({
      ...{ errors: { rate: 0, limit: 0.01 }, limit: null, invalid: null, remedy: null, again: '' },
    }),
  }
  const filesIn = (runDir: string) => ({ ...vectorResult({}).files, runDir })

  it('has all of it kept, and says so in its result', async () => {
    await using context = await contextWith([KEEPER])
    await using prometheus = await prometheusIn(context)
    const { found, kept, result, run } = await measured(context, prometheus)
    expect(found.monitors).to.deep.include({
      ...{ name: 'monitors', run: run.id, protocol: 'otlp', verdict: 'stored', findings: [] },
      requests: { ok: 10, failed: 0 },
    })
    const { made, stored } = found.monitors!.moments
    expect(stored).to.equal(made)
    expect(kept).to.deep.equal(found)
    const { monitors: _, ...rest } = found
    expect(rest).to.deep.equal(result)
    const of = `run="${run.id}",service="chroma",name="a \\"name\\""`
    const ok = `last_over_time(aibench_client_requests_total{${of},outcome="ok"}[1m])`
    expect(await prometheus.value(ok)).to.equal(10)
    const phase = `last_over_time(aibench_run_info{${of},kind="vectors",phase="measure"}[1m])`
    expect(await prometheus.value(phase)).to.equal(1)
    const count = 'db_client_operation_duration_seconds_count{db_operation_name="query"}'
    expect(await prometheus.value(`last_over_time(${count}[1m])`)).to.equal(10)
  })

  it('goes on when they are stopped on the way, and says what is missing', async () => {
    await using context = await contextWith([KEEPER])
    await using prometheus = await prometheusIn(context)
    const { found, kept, result, records } = await measured(context, prometheus, {
      middle: () => prometheus.end(),
    })
    expect(records.verdict).to.equal('ok')
    expect(kept).to.deep.equal(found)
    expect(found.monitors).to.include({ verdict: 'unknown' })
    expect(found.monitors!.moments.lost).to.be.above(0)
    expect(found.warnings.join('\n')).to.match(
      /\d+ of \d+ pushes of client metrics did not reach monitors: .*ECONNREFUSED/,
    )
    expect(found.warnings.join('\n')).to.match(/could not check what monitors stored/)
    const { monitors: _, warnings: __, ...rest } = found
    const { warnings: ___, ...before } = result
    expect(rest).to.deep.equal(before)
  })

  for (const [where, aheadMs, reason, words] of [
    [
      'ahead',
      20 * 60_000,
      'too far in the future',
      /the clock of monitors is (20m|19m5)\S* behind/,
    ],
    [
      'behind',
      -3 * 3600_000,
      '(too old sample|out of bounds)',
      /the clock of monitors is (3h|2h59m)\S* ahead of/,
    ],
  ] as const)
    it(`with a clock far ${where} says that nothing was taken, why, and that clocks are apart`, async () => {
      await using context = await contextWith([KEEPER])
      await using prometheus = await prometheusIn(context, '100ms')
      while (!((await prometheus.value('up')) === 1)) await systemClock.sleep(100)
      const trouble = ['it is told by itself']
      const { found } = await measured(context, prometheus, { aheadMs, trouble })
      const { made, stored, refused } = found.monitors!.moments
      expect([stored, refused]).to.deep.equal([0, made])
      const told = found.monitors!.findings.join('\n')
      expect(told).to.match(
        new RegExp(
          `\\d+ of \\d+ pushes of client metrics were refused by monitors: HTTP 400: .*${reason}`,
        ),
      )
      expect(told).to.match(words)
      expect(told).to.match(/monitors: none of the \d+ totals was found/)
      expect(told).to.include('monitors says: it is told by itself')
      expect(found.monitors!.verdict).to.equal('incomplete')
    })

  it('tells nobody where there is nobody', async () => {
    await using context = await contextWith()
    const about = { kind: 'vectors', run: 'r', service: 'chroma', name: 'x' }
    const told = vectors.told({} as VectorPlan, 'chroma')
    expect(await Telling.to(context, about, told)).to.equal(undefined)
  })
})
