import { expect } from 'chai'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InferenceResultSchema } from '../../../../src/lib/instrument/inference/result.js'
import type { InferenceResult } from '../../../../src/lib/instrument/inference/result.js'
import { runWorker } from '../../../../src/lib/instrument/process/run-worker.js'
import type { AibenchError } from '../../../../src/lib/platform/errors.js'
import { benchInference, INFERENCE_PLAN } from '../../../support/inference-bench.js'
import { ALONE, VLLM } from '../../../support/measured.js'
import { SimulatorHost } from '../../../support/simulators.js'

const fileOf = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url))
const WORKER = fileOf('src/lib/app/worker-main.ts')
const preload = (name: string) => fileOf(`test/support/preload/${name}.ts`)
const TSX = [process.execPath, '--import', 'tsx']
const constant = (meanMs: number) => ({ kind: 'constant' as const, meanMs })

describe('a measuring process that dies', function () {
  this.timeout(60_000)
  let host: SimulatorHost
  before(() => (host = new SimulatorHost()))
  after(() => host.end())

  /** A long run by a worker with something loaded before it. @returns how it ended, and the records that it left */
  const run = async (name: string) => {
    await using simulator = await host.start({ ttftMs: constant(20), itlMs: constant(2) })
    const runDir = await mkdtemp(join(tmpdir(), 'aibench-crash-'))
    try {
      const error = await runWorker({
        argv: [...TSX, '--import', preload(name), WORKER],
        order: {
          ...ALONE,
          ...{ kind: 'inference', service: VLLM, url: simulator.url, model: null, gpuIds: null },
          plan: { ...INFERENCE_PLAN, numPrompts: 100_000, durationMs: 60_000 },
          ...{ runDir, runId: 'abcd', provenance: {} },
        } as { runDir: string },
        result: InferenceResultSchema,
        onEvent: () => undefined,
        signal: new AbortController().signal,
      }).then(
        () => undefined,
        (thrown: AibenchError) => thrown,
      )
      const text = await readFile(join(runDir, 'requests.ndjson'), 'utf8')
      const rows = text.split('\n').filter(Boolean)
      return { error, rows }
    } finally {
      await rm(runDir, { recursive: true })
    }
  }

  it('by a mistake of ours: keeps what was measured, and says which line it was', async () => {
    const { error, rows } = await run('broken-table')
    expect(error).to.include({ exitCode: 1, message: 'a row too many' })
    expect(error!.evidence).to.match(/^at .*broken-table\.ts:\d+/)
    const { complete, requests } = error!.data as InferenceResult
    expect(complete).to.equal(false)
    expect(requests.ok).to.be.at.least(9)
    expect(rows).to.have.length(requests.ok)
  })

  it('by a signal: leaves the records of all but its last second', async () => {
    const { error, rows } = await run('killed-soon')
    expect(error).to.include({ code: 'AIB_WORKER_LOST' })
    expect(rows.length).to.be.above(0)
    for (const row of rows.slice(0, -1)) expect(JSON.parse(row)).to.have.property('endMs')
  })

  it('as one of several, in the middle of a line: the others’ part is kept, and told', async () => {
    await using simulator = await host.start({ ttftMs: constant(20), itlMs: constant(2) })
    const { result, error, rows } = await benchInference(
      simulator.url,
      { clients: 2, numPrompts: 100_000, durationMs: 60_000 },
      { order: { workers: [[...TSX, preload('dying-worker')]] } },
    )
    expect(error).to.include({ code: 'AIB_WORKER_LOST', exitCode: 3 })
    expect(error!.message).to.match(/measuring process 2/)
    expect(error!.evidence).to.equal('exit code 3')
    expect(result.complete).to.equal(false)
    expect(result.requests.ok).to.be.above(0)
    expect(rows).to.have.length(result.requests.ok)
  })
})
