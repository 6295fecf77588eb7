import { Ajv2020 } from 'ajv/dist/2020.js'
import { Ajv } from 'ajv'
import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runWorker } from '../../../../src/lib/instrument/process/run-worker.js'
import type {
  VectorPlan,
  VectorEvent,
  VectorConfig,
} from '../../../../src/lib/instrument/vectors/plan.js'
import {
  VectorResultSchema,
  type VectorResult,
} from '../../../../src/lib/instrument/vectors/result.js'
import { ALONE, CHROMA } from '../../../support/measured.js'
import { AibenchError } from '../../../../src/lib/platform/errors.js'
import { fakeChroma, type Faults } from '../../../fixtures/fake-chroma.js'

const WORKER = fileURLToPath(new URL('../../../../src/lib/app/worker-main.ts', import.meta.url))
const ARGV = [process.execPath, '--import', 'tsx', WORKER]

const PLAN: VectorPlan = {
  schema: 'aibench/vector-plan/1',
  dataset: { kind: 'clustered', vectors: 300, dim: 16, seed: 1 },
  space: 'cosine',
  k: 5,
  queries: 40,
  batch: 100,
  concurrency: [1, 4],
  ratePerSecond: null,
  durationMs: 200,
  repeats: 2,
  client: 'raw',
  seed: 1,
  slo: ['recall>=0.99', 'query_p99<1ms'],
  errorRateLimit: 0.01,
  keepCollection: false,
  ...{ goodput: null, findMaxRate: false, clients: 1 },
}

describe('the worker and its caller', function () {
  let dir: string
  before(async () => (dir = await mkdtemp(join(tmpdir(), 'aibench-worker-'))))
  after(() => rm(dir, { recursive: true }))

  let runs = 0
  const orderFor = async (url: string, plan: Partial<VectorPlan> = {}): Promise<VectorConfig> => {
    const runDir = join(dir, `run${++runs}`)
    await mkdir(runDir)
    return {
      kind: 'vectors',
      plan: { ...PLAN, ...plan },
      ...ALONE,
      ...{ service: CHROMA, url, serverPid: process.pid, runDir, cacheDir: join(dir, 'cache') },
      ...{ collection: 'aibench-test', runId: 'abcd', provenance: { profile: 'tuned' } },
    }
  }

  /** Calls back at the second live figure: the first may still be of the warm-up. */
  const onceMeasuring = (then: () => unknown) => {
    let samples = 0
    return (event: VectorEvent) => void (event.type === 'sample' && ++samples === 2 && then())
  }

  /** Runs it against a fake server. @returns what it gave or threw, with what it said on the way */
  const bench = async (
    faults: Faults,
    plan: Partial<VectorPlan> = {},
    more: {
      argv?: string[]
      order?: Partial<VectorConfig>
      on?(tools: { stop(): void; die(): Promise<void> }): (event: VectorEvent) => void
    } = {},
  ) => {
    await using server = await fakeChroma(faults)
    const order = { ...(await orderFor(server.url, plan)), ...more.order }
    const stop = new AbortController()
    const events: VectorEvent[] = []
    const react = more.on?.({ stop: () => stop.abort(), die: () => server.die() })
    const call = {
      argv: more.argv ?? ARGV,
      order,
      result: VectorResultSchema,
      signal: stop.signal,
      onEvent: (event: VectorEvent) => {
        events.push(event)
        react?.(event)
      },
    }
    const outcome = await runWorker(call).then(
      (result) => ({ result, error: undefined }),
      (error: unknown) => ({ result: undefined, error: error as AibenchError }),
    )
    const { dropped, queries, largestBatch } = server
    return { ...outcome, events, order, left: server.collections(), dropped, queries, largestBatch }
  }

  describe('a whole run', () => {
    let run: Awaited<ReturnType<typeof bench>>
    let result: VectorResult
    before(async () => {
      run = await bench({ delayMs: 2, maxBatch: 64 })
      if (run.error) throw run.error
      result = run.result!
    })

    it('measures every level in every repeat, the sequential one too', () => {
      expect(result).to.include({ complete: true, runId: 'abcd' })
      expect(result.concurrent.map(({ concurrency }) => concurrency)).to.deep.equal([1, 4])
      expect(result.sequential.concurrency).to.equal(1)
      for (const level of [result.sequential, ...result.concurrent]) {
        expect(level.repeats.queriesPerSecond.n).to.equal(2)
        expect(level.p50Ms).to.be.at.least(1.9)
        expect(level.ok).to.equal(level.issued)
      }
    })

    it('finds all neighbours where the server is exact', () => {
      for (const level of result.concurrent) expect(level.recallAtK).to.equal(1)
    })

    it('keeps to the largest batch of the server, and ingests once a repeat', () => {
      expect(run.largestBatch).to.equal(64)
      expect(result.ingest).to.include({ vectors: 300, batches: 5, errors: 0 })
      expect(run.dropped).to.deep.equal([300, 300])
    })

    it('leaves no collection behind', () => expect(run.left).to.deep.equal([]))

    it('judges the thresholds by what was measured', () => {
      expect(result.thresholds.map(({ met }) => met)).to.deep.equal([true, false])
    })

    it('has a row for every query that was counted, and the plan as it was', async () => {
      const { runDir } = run.order
      const rows = (await readFile(join(result.files.runDir, result.files.requests), 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { phase: string })
      const issued = result.concurrent.reduce((sum, level) => sum + level.issued, 0)
      expect(rows.filter(({ phase }) => phase === 'query')).to.have.lengthOf(issued)
      expect(rows.filter(({ phase }) => phase === 'ingest')).to.have.lengthOf(10)
      expect(JSON.parse(await readFile(join(runDir, 'plan.json'), 'utf8'))).to.deep.equal(
        run.order.plan,
      )
      expect((await stat(join(runDir, 'result.json'))).mode & 0o777).to.equal(0o600)
    })

    it('fits the published schema', async () => {
      const path = new URL('../../../../schemas/vector-result.json', import.meta.url)
      const schema = JSON.parse(await readFile(path, 'utf8')) as { $schema?: string }
      const ajv = schema.$schema?.includes('2020-12') ? new Ajv2020() : new Ajv()
      const fits = ajv.compile(schema)
      expect(fits(result), JSON.stringify(fits.errors)).to.equal(true)
      expect(fits({ ...result, concurrent: 'none' })).to.equal(false)
    })

    it('sees what the server’s process uses', () => {
      expect(result.server.cores).to.be.above(0.01)
      expect(result.server.peakRssBytes).to.be.above(30e6)
    })
  })

  it('knows nothing of a server whose process is elsewhere', async () => {
    const { result } = await bench({}, { repeats: 1 }, { order: { serverPid: null } })
    expect(result!.server).to.include({ cores: null, peakRssBytes: null })
    expect(result!.sequential.serverCores).to.equal(null)
  })

  it('sends by the schedule when a rate is given', async () => {
    const { result } = await bench(
      { delayMs: 20 },
      { ratePerSecond: 100, durationMs: 900, repeats: 1 },
    )
    const [level] = result!.concurrent
    expect(result!.concurrent).to.have.lengthOf(1)
    expect(level).to.include({ mode: 'open', ratePerSecond: 100 })
    expect(level.issued).to.be.at.most(90)
    expect(level.fromSchedule!.p50Ms!).to.be.at.least(level.p50Ms! - 0.001)
  })

  it('counts failures by class and goes on', async () => {
    const { result } = await bench(
      {
        failQuery: (n) => (n % 10 === 0 ? 429 : undefined),
        sayInstead: (n) => (n % 10 === 1 ? '{"ids":"none"}' : undefined),
      },
      { repeats: 1 },
    )
    const { errors, requests } = result!
    expect(errors.map((one) => one.class).sort()).to.deep.equal(['bad_answer', 'http_429'])
    expect(requests.failed / requests.issued).to.be.closeTo(0.2, 0.05)
    expect(requests.failed).to.equal(errors[0].count + errors[1].count)
  })

  it('asked to stop, ends with what it has and without its collection', async () => {
    const { result, left } = await bench(
      { delayMs: 1 },
      { durationMs: 60_000, repeats: 1 },
      { on: ({ stop }) => onceMeasuring(stop) },
    )
    expect(result!.complete).to.equal(false)
    expect(result!.sequential.ok).to.be.above(5)
    expect(left).to.deep.equal([])
  })

  it('ends by itself when its caller is gone', async () => {
    await using server = await fakeChroma({ delayMs: 1 })
    const order = await orderFor(server.url, { durationMs: 60_000, repeats: 1 })
    const file = join(order.runDir, 'order.json')
    await writeFile(file, JSON.stringify(order))
    const worker = spawn(ARGV[0], [...ARGV.slice(1), file], { stdio: ['ignore', 'pipe', 'ignore'] })
    while (!String((await once(worker.stdout, 'data'))[0]).includes('"sample"'));
    worker.stdout.destroy()
    await once(worker, 'exit')
    expect(server.collections()).to.deep.equal([])
    const result = JSON.parse(
      await readFile(join(order.runDir, 'result.json'), 'utf8'),
    ) as VectorResult
    expect(result.complete).to.equal(false)
  })

  it('says that the server is gone when it dies in between, and keeps what was measured', async () => {
    const { result, error, order } = await bench(
      { delayMs: 1 },
      { durationMs: 20_000, repeats: 1 },
      { on: ({ die }) => onceMeasuring(die) },
    )
    const written = JSON.parse(
      await readFile(join(order.runDir, 'result.json'), 'utf8'),
    ) as VectorResult
    expect(written.errors[0].class).to.be.oneOf(['refused', 'reset', 'closed'])
    expect(written.sequential.ok).to.be.above(5)
    expect(
      error?.exitCode,
      `it gave a result that is ${result?.complete ? '' : 'not '}complete`,
    ).to.equal(7)
  })

  for (const { title, faults, plan, exitCode, says } of [
    {
      title: 'a file that is not there',
      faults: {},
      plan: { dataset: { kind: 'file' as const, path: '/no/such.fvecs', seed: 1 } },
      exitCode: 2,
      says: /no\/such\.fvecs/,
    },
    {
      title: 'a server that wants a token',
      faults: { token: 'secret' },
      plan: {},
      exitCode: 2,
      says: /token/,
    },
    {
      title: 'a new collection that is not empty',
      faults: { countOffBy: 3 },
      plan: {},
      exitCode: 3,
      says: /3 vectors/,
    },
  ])
    it(`refuses ${title}`, async () => {
      const { error, left } = await bench(faults, plan)
      expect(error, 'nothing was refused').to.be.instanceOf(AibenchError)
      expect(error).to.include({ exitCode })
      expect(error!.message).to.match(says)
      expect(left).to.deep.equal([])
    })

  it('says that there is no server', async () => {
    const { error } = await bench({}, {}, { order: { url: 'http://127.0.0.1:9' } })
    expect(error).to.include({ exitCode: 7 })
    expect(error!.message).to.match(/127\.0\.0\.1:9.*refused/)
  })

  it('sends the token', async () => {
    const tokenFile = join(dir, 'token')
    await writeFile(tokenFile, 'secret\n', { mode: 0o600 })
    const { result } = await bench({ token: 'secret' }, { repeats: 1 }, { order: { tokenFile } })
    expect(result!.requests.failed).to.equal(0)
  })

  it('passes over lines that are not the worker’s', async () => {
    const noisy = [
      'sh',
      '-c',
      `echo 'srun: job 7 queued'; echo '{"type": broken'; exec "$@"`,
      'sh',
      ...ARGV,
    ]
    const { result, events } = await bench({}, { repeats: 1 }, { argv: noisy })
    expect(result!.complete).to.equal(true)
    expect(events.map(({ type }) => type)).to.include('phase-done')
  })

  it('says why when there is no worker', async () => {
    const missing = await bench({}, {}, { argv: ['/no/such/program'] })
    expect(missing.error).to.include({ exitCode: 3, code: 'AIB_WORKER_START' })
    const died = await bench(
      {},
      {},
      { argv: ['sh', '-c', 'echo "srun: error: node down" >&2; exit 1'] },
    )
    expect(died.error!.evidence).to.include('node down')
  })
})
