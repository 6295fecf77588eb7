/**
 * What telling a store of figures costs: the process of the command, which pushes once a second, and the measuring process, which counts.
 *
 *   npx tsx bench/push.ts [pairs of seconds]
 *
 * Four processes with 750 requests/s each say what has grown; it is read, added up and pushed to a real Prometheus (those of the tests),
 * by OTLP and by remote write. Seconds with a push and seconds without take turns, and the cost is the median of the differences of their CPU
 * time (this whole process, threads too), with the quartiles: so what else the machine does is in both. The first pairs are not counted. In the
 * end percentiles asked of the store are compared with the exact ones of the same times. Bound: 1 % of a core.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { toldOf } from '../src/lib/benchmarks/inference/told.js'
import { ToldFigures } from '../src/lib/benchmarks/told-figures.js'
import type { InferencePlan } from '../src/lib/instrument/inference/plan.js'
import { Growing } from '../src/lib/instrument/load/growth.js'
import { LogHistogram } from '../src/lib/instrument/measure/log-histogram.js'
import { percentile } from '../src/lib/instrument/measure/statistics.js'
import type { Growth } from '../src/lib/instrument/process/worker-events.js'
import { Pusher } from '../src/lib/monitoring/push/pusher.js'
import { systemClock } from '../src/lib/platform/clock.js'
import { systemHttp } from '../src/lib/platform/http.js'
import { realPrometheus } from '../test/support/monitors.js'
import { startPrometheus } from '../test/support/prometheus.js'

const [WORKERS, REQUESTS_EACH, TOKENS_EACH] = [4, 750, 100]
const [WARM_UP, MOST_PERCENT] = [3, 1]
const WAYS = [
  ['3.16 by OTLP', 'prometheus', 'otlp', '/api/v1/otlp/v1/metrics', '--web.enable-otlp-receiver'],
  ...(['prometheus', 'oldPrometheus'] as const).map(
    (program) =>
      [
        `${program === 'prometheus' ? '3.16' : '2.42'} by remote write`,
        program,
        'remote-write',
        '/api/v1/write',
        '--web.enable-remote-write-receiver',
      ] as const,
  ),
] as const

/** Log-normal, around 100 ms. */
const drawMs = () =>
  100 *
  Math.exp(
    0.8 * Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()),
  )
const cpuMs = () => Object.values(process.cpuUsage()).reduce((a, b) => a + b, 0) / 1000

/** Lines of all workers for a second, and what counting them took. */
function second(exact: number[]): { lines: string[]; usEach: number } {
  let usEach = 0
  const lines = Array.from({ length: WORKERS }, () => {
    const times = Array.from({ length: REQUESTS_EACH }, drawMs)
    exact.push(...times)
    const gaps = new LogHistogram()
    for (let i = 0; i < REQUESTS_EACH * TOKENS_EACH; i++) gaps.add(drawMs() / 5)
    let line = ''
    const growing = new Growing((growth) => (line = JSON.stringify(growth)))
    const beganMs = performance.now()
    for (const ms of times) {
      growing.add('ok', 1)
      growing.add('outputTokens', TOKENS_EACH)
      growing.add('inputTokens', 1000)
      for (const name of ['duration', 'ttft', 'tpot']) growing.time(name, ms)
    }
    growing.timesOf('chunkGap', gaps)
    growing.tell()
    usEach += ((performance.now() - beganMs) * 1000) / REQUESTS_EACH / WORKERS
    return line
  })
  return { lines, usEach }
}

async function main(pairs: number): Promise<void> {
  const real = await realPrometheus()
  if (real.why) throw new Error(real.why)
  const exact: number[] = []
  const made = Array.from({ length: 10 }, () => second(exact))
  const usEach = Math.min(...made.map((one) => one.usEach))
  const bytes = made[0].lines.reduce((sum, line) => sum + line.length, 0)
  console.log(
    `measuring process: ${usEach.toFixed(2)} µs a request, ${(bytes / 1024).toFixed(1)} KB/s said by ${WORKERS}`,
  )
  for (const [name, program, protocol, path, flag] of WAYS) {
    const dir = await mkdtemp(join(tmpdir(), 'aibench-push-'))
    const prometheus = await startPrometheus({
      ...{ program: real[program], dir, tsdb: join(dir, 'tsdb'), flags: [flag] },
    })
    try {
      const told = toldOf({ endpoint: 'chat' } as InferencePlan, 'vllm')
      const labels = { run: 'bench', service: 'vllm', name: 'vllm' }
      const figures = new ToldFigures('inference', told, labels)
      const pusher = new Pusher({
        ...{ http: systemHttp, clock: systemClock, figures: () => figures.now() },
        source: { service: 'aibench-client', instance: 'bench' },
        address: { ...prometheus.api, url: prometheus.api.url + path, protocol },
      })
      const spent = await differences(pairs, (n) => {
        for (const line of made[n % made.length].lines) figures.grow(JSON.parse(line) as Growth)
        pusher.tell()
      })
      const report = await pusher.end(10_000)
      const at = report.lastAtMs / 1000
      const bucket = 'sum by (le) (gen_ai_client_operation_time_to_first_chunk_seconds_bucket)'
      const sorted = Float64Array.from(exact).sort()
      const off = []
      for (const share of [0.5, 0.9, 0.99]) {
        const asked = await prometheus.value(`histogram_quantile(${share}, ${bucket})`, at)
        off.push(
          `p${share * 100} ${(asked * 1000) / percentile(sorted, share)! - 1 > 0 ? '+' : ''}${(((asked * 1000) / percentile(sorted, share)! - 1) * 100).toFixed(2)} %`,
        )
      }
      const [low, median, high] = [0.25, 0.5, 0.75].map((share) => percentile(spent, share)! / 10)
      if (median > MOST_PERCENT) process.exitCode = 1
      console.log(
        `${name}: ${median.toFixed(2)} % of a core (${low.toFixed(2)} to ${high.toFixed(2)}), ${report.stored} of ${report.made} stored; ${off.join(', ')}`,
      )
    } finally {
      await prometheus.end('SIGKILL')
      await rm(dir, { recursive: true })
    }
  }
}

/** CPU milliseconds of seconds in which something is done, less those of the seconds before them; sorted. */
async function differences(pairs: number, work: (n: number) => void): Promise<Float64Array> {
  const found: number[] = []
  const beganMs = performance.now()
  const second = async (n: number) => {
    const usedMs = cpuMs()
    await sleep(beganMs + (n + 1) * 1_000 - performance.now())
    return cpuMs() - usedMs
  }
  for (let n = 0; n < WARM_UP + pairs; n++) {
    const without = await second(2 * n)
    const usedMs = cpuMs()
    work(n)
    const atOnce = cpuMs() - usedMs
    found.push(atOnce + (await second(2 * n + 1)) - without)
  }
  return Float64Array.from(found.slice(WARM_UP)).sort()
}

await main(Number(process.argv[2] ?? 30))
