import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OPEN } from '../../../../src/lib/instrument/http/access.js'
import type {
  VectorEvent,
  VectorPlan,
  VectorConfig,
} from '../../../../src/lib/instrument/vectors/plan.js'
import { PROTOCOLS } from '../../../support/vector-bench.js'
import { runVectorBench } from '../../../../src/lib/instrument/vectors/run.js'
import { AibenchError } from '../../../../src/lib/platform/errors.js'
import { ALONE, CHROMA } from '../../../support/measured.js'
import { fakeChroma, type Faults } from '../../../fixtures/fake-chroma.js'

const PLAN: VectorPlan = {
  schema: 'aibench/vector-plan/1',
  dataset: { kind: 'clustered', vectors: 1200, dim: 400, seed: 1 },
  ...{ space: null, k: 5, queries: 10, batch: 500, concurrency: [1], ratePerSecond: null },
  ...{ durationMs: 50, repeats: 1, client: 'raw', seed: 1, slo: [], errorRateLimit: 1 },
  keepCollection: false,
  ...{ goodput: null, findMaxRate: false, clients: 1 },
}
const isAdd = (path: string) => path.endsWith('/add')
const MiB = 1 << 20

describe('a Chroma that says no', function () {
  this.timeout(30_000)
  let dir: string
  before(async () => (dir = await mkdtemp(join(tmpdir(), 'aibench-refusal-'))))
  after(() => rm(dir, { recursive: true }))

  const bench = async (url: string, more: Partial<VectorConfig> = {}) => {
    const events: VectorEvent[] = []
    const order: VectorConfig = {
      ...ALONE,
      ...{ kind: 'vectors', service: CHROMA, plan: PLAN, url, runDir: dir, runId: 'r' },
      ...{ cacheDir: join(dir, 'cache'), collection: 'c', provenance: {} },
      ...more,
    }
    const emit = (event: VectorEvent) => void events.push(event)
    const error = await runVectorBench(
      {
        config: order,
        emit,
        signal: new AbortController().signal,
      },
      PROTOCOLS,
    ).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    return {
      error: error as AibenchError | undefined,
      phases: events.flatMap((event) => (event.type === 'phase' ? [event.phase] : [])),
    }
  }

  const cases: { title: string; faults: Faults; exitCode: number; says: RegExp; hint: RegExp }[] = [
    {
      title: 'takes fewer rows a call, by a quota',
      faults: {
        before: (_, path, text) =>
          isAdd(path) && (JSON.parse(text) as { ids: string[] }).ids.length > 300
            ? [400, '{"message":"Number of records of 500 exceeds the limit of 300"}']
            : undefined,
      },
      exitCode: 2,
      says: /fewer than 500 vectors a call; ingest ended after 0/,
      hint: /^aibench chroma bench --url http:\S+ --batch 300$/,
    },
    {
      title: 'has a proxy with small bodies in front',
      faults: {
        before: (_, path, text) =>
          isAdd(path) && text.length > MiB ? [413, '<html>\r\n413 too large'] : undefined,
      },
      exitCode: 2,
      says: /A call with 500 vectors is too large for what stands in front/,
      hint: /--batch 4\d\d$/,
    },
    {
      title: 'limits the rate',
      faults: { before: (_, path) => (isAdd(path) ? [429, '{"message":"slow down"}'] : undefined) },
      exitCode: 3,
      says: /limits how often it may be called/,
      hint: /--vectors 1000 --rate 1$/,
    },
    {
      title: 'is older than 1.0',
      faults: {
        before: (_, path) =>
          path.startsWith('/api/v2')
            ? [404, '{"detail":"Not Found"}']
            : [200, path.endsWith('version') ? '"0.5.5"' : '{}'],
      },
      exitCode: 3,
      says: /is Chroma 0\.5\.5: before 1\.0/,
      hint: /pip install -U chromadb|chroma install/,
    },
    {
      title: 'is no Chroma at all',
      faults: { before: () => [404, 'nothing here'] },
      exitCode: 2,
      says: /There is no Chroma at http/,
      hint: /^curl -i /,
    },
    {
      title: 'knows no such database',
      faults: {
        before: (method, path) =>
          method === 'POST' && path.endsWith('/collections')
            ? [404, '{"error":"NotFoundError","message":"Database [x] not found"}']
            : undefined,
      },
      exitCode: 2,
      says: /no database "default_database" of the tenant "default_tenant"/,
      hint: /--tenant NAME --database NAME/,
    },
    {
      title: 'fails to make a collection',
      faults: {
        before: (method, path) =>
          method === 'POST' && path.endsWith('/collections') ? [500, 'disk full'] : undefined,
      },
      exitCode: 6,
      says: /could not make a collection: http_500/,
      hint: /^curl -i /,
    },
  ]
  for (const { title, faults, exitCode, says, hint } of cases)
    it(`and ${title}: in words, with what helps`, async () => {
      await using server = await fakeChroma(faults)
      const { error } = await bench(server.url)
      expect(error, 'nothing was refused').to.be.instanceOf(AibenchError)
      expect(error).to.include({ exitCode })
      expect(error!.message).to.match(says)
      expect(error!.hints[0]).to.match(hint)
      expect(error!.evidence ?? '').to.not.equal('')
    })

  it('is asked before data and truth are made', async () => {
    const { error, phases } = await bench('http://127.0.0.1:1')
    expect(error).to.include({ exitCode: 7 })
    expect(phases).to.deep.equal([])
  })

  it('gets a token in both of its headers, or in the one that is named', async () => {
    const tokenFile = join(dir, 'token')
    await writeFile(tokenFile, 'secret', { mode: 0o600 })
    await using server = await fakeChroma({ token: 'secret' })
    const access = { ...OPEN, tokenFile }
    expect((await bench(server.url, { access })).error).to.equal(undefined)
    const named = { ...access, tokenHeader: 'x-chroma-token' }
    const { error } = await bench(server.url, { access: named })
    expect(error!.message).to.match(/rejected the token/)
  })

  it('is asked in the tenant and the database that are named', async () => {
    const asked: string[] = []
    await using server = await fakeChroma({ before: (_, path) => (asked.push(path), undefined) })
    const plan = { ...PLAN, tenant: 'a team', database: 'b' }
    await bench(server.url, { plan })
    expect(asked).to.include('/api/v2/tenants/a%20team/databases/b/collections')
  })
})
