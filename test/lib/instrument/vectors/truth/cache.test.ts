import { expect } from 'chai'
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadDataset } from '../../../../../src/lib/instrument/vectors/dataset.js'
import type { VectorPlan } from '../../../../../src/lib/instrument/vectors/plan.js'
import { TruthCache } from '../../../../../src/lib/instrument/vectors/truth/cache.js'
import { groundTruthOf } from '../../../../../src/lib/instrument/vectors/truth/ground-truth.js'

describe('the ground truth', () => {
  let cacheDir: string
  beforeEach(async () => {
    cacheDir = join(await mkdtemp(join(tmpdir(), 'aibench-truth-')), 'new')
  })
  afterEach(() => rm(join(cacheDir, '..'), { recursive: true }))

  it('is kept by content, k and space, and made again when the file is damaged', async () => {
    const dataset = { kind: 'clustered', vectors: 600, dim: 24, seed: 1 }
    const data = await loadDataset({ dataset, queries: 20 } as VectorPlan)
    let searches = 0
    const onProgress = () => void searches++
    const ask = (k = 5, space: 'l2' | 'ip' = 'l2') =>
      groundTruthOf(data, { k, space, cacheDir, onProgress })
    const first = await ask()
    expect(await ask()).to.deep.equal(first)
    expect(searches).to.equal(1)
    const [name] = await readdir(cacheDir)
    for (const damage of [
      (bytes: Buffer) => Buffer.from(bytes.map((byte, i) => (i === 40 ? byte ^ 1 : byte))),
      (bytes: Buffer) => bytes.subarray(0, 50),
      () => Buffer.alloc(0),
    ]) {
      const damaged = damage(await readFile(join(cacheDir, name)))
      await writeFile(join(cacheDir, name), damaged)
      expect(await ask()).to.deep.equal(first)
      expect(await readFile(join(cacheDir, name)), 'mended').not.to.deep.equal(damaged)
    }
    expect(searches).to.equal(4)
    await ask(6)
    await ask(5, 'ip')
    expect(await readdir(cacheDir)).to.have.lengthOf(3)
  })

  it('is kept for its owner alone, of which the least recently used goes first', async () => {
    const cache = new TruthCache(cacheDir, 200)
    const truth = { k: 2, ids: Int32Array.of(1, 2), kthDistance: Float64Array.of(0.5) }
    const read = (key: string) => cache.read(key, { queryCount: 1, k: 2 })
    for (const key of ['a', 'b', 'c', 'd']) {
      await cache.write(key, truth)
      for (const name of await readdir(cacheDir)) {
        const { mtimeMs } = await stat(join(cacheDir, name))
        await utimes(join(cacheDir, name), 0, mtimeMs / 1000 - 100)
      }
      expect(await read('a'), `after ${key}`).to.deep.equal(truth)
    }
    await cache.write('e', truth)
    expect(await read('b')).to.equal(undefined)
    expect(await read('a')).to.deep.equal(truth)
    expect(await read('e')).to.deep.equal(truth)
    expect((await stat(cacheDir)).mode & 0o777).to.equal(0o700)
    for (const name of await readdir(cacheDir))
      expect((await stat(join(cacheDir, name))).mode & 0o777).to.equal(0o600)
  })
})
