/**
 * What it takes to archive a million samples, and whether all of them are there when the archive is opened again.
 *
 *   npx tsx bench/snapshot.ts [PROMETHEUS] [samples]
 *
 * A Prometheus (by default that of PATH; one that takes OTLP) gets a thousand series by OTLP, as clients push theirs: all of them are in
 * its head, which a snapshot has to write as a block. Their values are those of counters under load: they grow by whole numbers that
 * differ. Then an archive is made, restored, and opened by a second Prometheus that counts. The bounds: 3 s for the archive, its copy and
 * sums; 3 bytes a sample; no sample missing.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { countSamples } from '../src/lib/monitoring/archive/ask.js'
import { makeArchive } from '../src/lib/monitoring/archive/make.js'
import { openArchive, restoreData, verifyArchive } from '../src/lib/monitoring/archive/open.js'
import { systemClock as clock } from '../src/lib/platform/clock.js'
import { systemHttp as http } from '../src/lib/platform/http.js'
import { startPrometheus } from '../test/support/prometheus.js'

const SERIES = 1000
const AT_ONCE = 20
const MOST_MS = 3_000
const MOST_BYTES = 3

async function main(program: string, samples: number): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'aibench-snapshot-'))
  try {
    const [tsdb, runDir] = [join(dir, 'tsdb'), join(dir, 'run')]
    await mkdir(runDir)
    const running = { program, dir }
    const steps = Math.ceil(samples / SERIES)
    const beginMs = Date.now() - steps * 1000
    await using first = await startPrometheus({
      ...{ ...running, tsdb, flags: ['--web.enable-otlp-receiver'] },
    })
    for (let step = 0; step < steps; step += AT_ONCE)
      await push(first.api.url, beginMs, step, Math.min(steps, step + AT_ONCE))
    const range = { from: beginMs, at: Date.now() }
    const before = (await countSamples(http, first.api, range))!

    const [began, cpu] = [performance.now(), process.cpuUsage()]
    const made = await makeArchive(
      { http, clock },
      {
        into: runDir,
        version: 'bench',
        instance: { id: 'bench', name: 'bench', life: 0 },
        prometheus: { version: null, api: first.api, tsdb },
        ...{ folders: {}, secrets: [] },
      },
    )
    const ms = performance.now() - began
    const { user, system } = process.cpuUsage(cpu)
    await first.end()

    const archive = await openArchive(made.path)
    const verifying = performance.now()
    await verifyArchive(archive)
    const verified = performance.now() - verifying
    await restoreData(archive, join(dir, 'opened'))
    await using second = await startPrometheus({ ...running, tsdb: join(dir, 'opened') })
    const after = await countSamples(http, second.api, range)
    const each = made.bytes / before
    console.log(`${before} samples of ${SERIES} series; ${after} when opened again`)
    console.log(`archive   ${(ms / 1000).toFixed(2)} s               bound ${MOST_MS / 1000} s`)
    console.log(
      `          ${(made.bytes / 1e6).toFixed(2)} MB, ${each.toFixed(2)} B a sample   bound ${MOST_BYTES} B`,
    )
    console.log(
      `ours      ${((user + system) / 1e6).toFixed(2)} s of CPU; verified again in ${(verified / 1000).toFixed(2)} s`,
    )
    if (ms > MOST_MS || each > MOST_BYTES || before < samples || after !== before)
      process.exitCode = 1
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Data points of these seconds, of all series. Source: OTLP 1.x, its JSON form. */
async function push(url: string, beginMs: number, from: number, to: number): Promise<void> {
  const steps = Array.from({ length: to - from }, (_, i) => from + i)
  const metrics = Array.from({ length: 20 }, (_, metric) => ({
    name: `bench_events_${metric}`,
    sum: {
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: Array.from({ length: SERIES / 20 }, (_, series) =>
        steps.map((step) => ({
          attributes: [{ key: 'series', value: { stringValue: `${series}` } }],
          timeUnixNano: `${beginMs + step * 1000}000000`,
          asDouble: valueOf(metric * 50 + series, step),
        })),
      ).flat(),
    },
  }))
  const answer = await fetch(`${url}/api/v1/otlp/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }),
  })
  if (!answer.ok) throw new Error(`HTTP ${answer.status}: ${await answer.text()}`)
}

/** Grows each second by 4 to 196, in an order that does not repeat soon. */
function valueOf(series: number, step: number): number {
  const noise = (series * 7919 + step * 104729) % 97
  return step * 100 + noise
}

const [program = 'prometheus', samples = '1000000'] = process.argv.slice(2)
await main(program, Number(samples))
