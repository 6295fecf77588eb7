import { expect } from 'chai'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { VectorEvent } from '../../../../src/lib/instrument/vectors/plan.js'
import { PROTOCOLS } from '../../../support/vector-bench.js'
import { runVectorBench } from '../../../../src/lib/instrument/vectors/run.js'
import { AibenchError } from '../../../../src/lib/platform/errors.js'
import { ALONE, CHROMA } from '../../../support/measured.js'
import { fakeChroma } from '../../../fixtures/fake-chroma.js'

describe('a vector benchmark that is told to stop', function () {
  this.timeout(30_000)
  let dir: string
  beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'aibench-stopped-'))))
  afterEach(() => rm(dir, { recursive: true }))

  for (const during of ['dataset', 'truth'])
    it(`ends in mid-${during}, before it has touched the server`, async () => {
      await using server = await fakeChroma()
      const stop = new AbortController()
      const seen: string[] = []
      const emit = (event: VectorEvent) => {
        if (event.type === 'phase') seen.push(event.phase)
        if (event.type === 'phase' && event.phase === during) stop.abort(new Error('told to'))
      }
      const error = await runVectorBench(
        {
          ...{ emit, signal: stop.signal },
          config: {
            plan: {
              schema: 'aibench/vector-plan/1',
              dataset: { kind: 'iid', vectors: 20_000, dim: 16, seed: 1 },
              ...{ space: null, k: 5, queries: 10, batch: 500, concurrency: [1] },
              ...{ ratePerSecond: null, durationMs: 50, repeats: 1, client: 'raw', seed: 1 },
              ...{
                slo: [],
                errorRateLimit: 1,
                keepCollection: false,
                ...{ goodput: null, findMaxRate: false, clients: 1 },
              },
            },
            ...ALONE,
            ...{ kind: 'vectors', service: CHROMA, url: server.url, runDir: dir, runId: 'r' },
            ...{ cacheDir: join(dir, 'cache'), collection: 'c' },
            provenance: {},
          },
        },
        PROTOCOLS,
      ).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error).to.be.instanceOf(AibenchError)
      expect(error).to.include({ code: 'AIB_WORKER_STOPPED', evidence: 'told to', exitCode: 6 })
      expect(seen.at(-1)).to.equal(during)
    })
})
