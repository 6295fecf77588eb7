import { expect } from 'chai'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { planOf } from '../../../../src/lib/benchmarks/vectors/plan-from-request.js'
import { contextWith } from '../../../support/context.js'

const BENCH = 'aibench chroma bench'

describe('a benchmark plan', () => {
  it('is the defaults where nothing is said', async () => {
    await using context = await contextWith()
    const plan = await planOf(context, {}, { bench: BENCH })
    expect(plan.dataset).to.deep.equal({ kind: 'clustered', vectors: 10_000, dim: 384, seed: 1 })
    expect(plan.concurrency).to.deep.equal([1, 2, 4, 8])
  })

  it('is flags over the plan of a file over the defaults', async () => {
    await using context = await contextWith()
    const defaults = await planOf(context, {}, { bench: BENCH })
    const file = join(context.folder, 'plan.json')
    await writeFile(file, JSON.stringify({ ...defaults, k: 20, repeats: 7 }))
    const plan = await planOf(context, { k: 5, vectors: 2_000 }, { bench: BENCH, from: file })
    expect([plan.k, plan.repeats, plan.dataset.vectors]).to.deep.equal([5, 7, 2_000])
  })

  it('of 0.1.0 is read, with the limit of errors under its former name', async () => {
    await using context = await contextWith()
    const { errorRateLimit: _, clients: __, ...old } = await planOf(context, {}, { bench: BENCH })
    const file = join(context.folder, 'plan.json')
    await writeFile(file, JSON.stringify({ ...old, errorShareLimit: 0.25 }))
    const plan = await planOf(context, {}, { bench: BENCH, from: file })
    expect(plan).to.include({ errorRateLimit: 0.25, clients: 1 })
  })

  it('of one seed has it everywhere', async () => {
    await using context = await contextWith()
    const plan = await planOf(context, { seed: 9 }, { bench: BENCH })
    expect([plan.seed, plan.dataset.seed]).to.deep.equal([9, 9])
  })

  it('takes the load that is given for that of the plan it repeats', async () => {
    await using context = await contextWith()
    const file = join(context.folder, 'plan.json')
    const open = await planOf(context, { ratePerSecond: 200 }, { bench: BENCH })
    await writeFile(file, JSON.stringify(open))
    const closed = await planOf(context, { concurrency: [4] }, { bench: BENCH, from: file })
    expect([closed.ratePerSecond, closed.concurrency]).to.deep.equal([null, [4]])
  })

  it('takes a file of vectors, and no made-up size for it', async () => {
    await using context = await contextWith()
    const { dataset } = await planOf(context, { dataset: '/data/sift.fvecs' }, { bench: BENCH })
    expect(dataset).to.include({ kind: 'file', path: '/data/sift.fvecs' })
    expect(dataset.vectors).to.equal(undefined)
  })

  for (const [title, plan, message] of [
    ['more neighbours than vectors', { k: 20, vectors: 10 }, /--k 20 is more than/],
    ['no repeats', { repeats: 0 }, /repeats/],
    ['half a client', { concurrency: [1.5] }, /concurrency/],
    ['a client that is none', { client: 'fast' as 'raw' }, /client/],
    ['a rate of nothing', { ratePerSecond: 0 }, /^--rate must be/],
    ['two loads', { concurrency: [1, 4], ratePerSecond: 200 }, /exclude each other/],
    ['a threshold that is none', { slo: ['quick'] }, /quick/],
  ] as const)
    it(`refuses ${title}, by name`, async () => {
      await using context = await contextWith()
      const error = await planOf(context, plan, { bench: BENCH }).catch((caught: Error) => caught)
      expect((error as Error).message).to.match(message)
    })

  it('says where a plan that is no plan comes from', async () => {
    await using context = await contextWith()
    const file = join(context.folder, 'plan.json')
    await writeFile(file, '{"schema":')
    const error = await planOf(context, {}, { bench: BENCH, from: file }).catch((e: Error) => e)
    expect((error as Error).message)
      .to.include(file)
      .and.to.include('must be JSON')
    const missing = await planOf(context, {}, { bench: BENCH, from: 'zzzz' }).catch((e: Error) => e)
    expect((missing as Error).message).to.include('no plan file or run "zzzz"')
  })
})
