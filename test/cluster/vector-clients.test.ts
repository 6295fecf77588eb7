import { expect } from 'chai'
import { build } from 'esbuild'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { VectorResult } from '../../src/lib/instrument/vectors/result.js'
import { toyDatabase } from '../support/toy-database/server.js'
import { vectorConfig } from '../support/vector-bench.js'
import { Cluster, USER } from './cluster.js'

/** Only a timing verdict may differ on a busy machine. */
const MEASURED = [0, 10]
const BRIDGE = '10.78.0.1'
const TOY_WORKER = fileURLToPath(new URL('../support/toy-database/worker.ts', import.meta.url))

describe('workers of a vector benchmark on nodes of their own', function () {
  this.timeout(240_000)
  const cluster = Cluster.forTests({ minJobAgeS: 300 })

  it('query Chroma through its gate, as one level, and leave nothing', async () => {
    const started = await cluster.json(['chroma', 'start', '--expose', '--wait'])
    expect(started.ok, JSON.stringify(started.error)).to.equal(true)
    const { exitCode, data, error } = await cluster.json([
      ...['chroma', 'bench', '--clients', '2', '--client-nodes', '2', '--vectors', '500'],
      ...['--dim', '16', '--queries', '20', '--concurrency', '4', '--duration', '1s'],
      ...['--repeats', '1', '--goodput', 'query<5s'],
    ])
    expect(exitCode, JSON.stringify(error)).to.be.oneOf(MEASURED)
    const result = data as unknown as VectorResult
    expect(result).to.include({ path: 'gate', complete: true })
    expect(result.instrument.workers).to.equal(2)
    expect(result.instrument.clockOffsetMs).to.be.at.least(0)
    const [level] = result.concurrent
    expect(level).to.include({ errors: 0, concurrency: 4 })
    expect(level.recallAtK).to.be.above(0.9)
    expect(level.goodput!.shareOfIssued).to.be.above(0)
    expect(cluster.jobs()).to.have.lengthOf(1)
    expect((await cluster.json(['chroma', 'stop'])).ok).to.equal(true)
    expect(cluster.leftovers()).to.deep.equal([])
  })

  it('query a database that only its own files know', async () => {
    await using database = await toyDatabase(BRIDGE)
    const runDir = join(cluster.home, 'toy')
    mkdirSync(runDir)
    const program = join(runDir, 'worker.mjs')
    await build({
      ...{
        entryPoints: [TOY_WORKER],
        outfile: program,
        bundle: true,
        platform: 'node',
        target: 'node20',
      },
      ...{ format: 'esm', external: ['chromadb', 'h5wasm/node'], logLevel: 'error' },
    })
    const onNode = (node: number) => ['srun', '-N1', '-n1', '--overlap', `--relative=${node}`]
    const worker = [process.execPath, program]
    const plan = { space: 'l2' as const, clients: 2, repeats: 1, concurrency: [4] }
    const service = { kind: 'toy', title: 'Toy', protocol: 'toy', tokenFlag: '', callPath: '/' }
    const workers = [[...onNode(1), ...worker]]
    const config = vectorConfig(runDir, database.url, plan, { service, workers })
    const file = join(runDir, 'config.json')
    writeFileSync(file, JSON.stringify(config))
    spawnSync('chown', ['-R', USER, runDir])
    // Not in this process's thread: it is the one that answers.
    const child = spawn(
      'runuser',
      ['-u', USER, '--', 'salloc', '-Q', '-N2', '-t2', ...onNode(0), ...worker, file],
      {
        env: { ...process.env, SLURM_CONF: cluster.slurmConf },
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    )
    await once(child, 'close')
    expect(existsSync(join(runDir, 'result.json')), 'a result').to.equal(true)
    const result = JSON.parse(readFileSync(join(runDir, 'result.json'), 'utf8')) as VectorResult
    expect(result.product.name).to.equal('Toy')
    expect(result.concurrent[0]).to.include({ recallAtK: 1, errors: 0, peakInFlight: 4 })
    expect(database.askedFrom.size, 'nodes that asked').to.equal(2)
    expect(database.tables.size).to.equal(0)
  })
})
