import { expect } from 'chai'
import { statSync } from 'node:fs'
import fc from 'fast-check'
import type { FigureName } from '../../../../../src/lib/instrument/filesystem/corpus/contract.js'
import { LIST_NAMES } from '../../../../../src/lib/instrument/filesystem/corpus/contract.js'
import { meluxina, publicList } from '../../../../../src/lib/instrument/filesystem/corpus/lists.js'
import {
  figureOf,
  neighbours,
  percentile,
  weakest,
} from '../../../../../src/lib/instrument/filesystem/corpus/percentile.js'
import { quantile } from '../../../../../src/lib/instrument/filesystem/corpus/quantiles.js'
import { SCORED_PHASES } from '../../../../../src/lib/instrument/filesystem/phases.js'

const LISTS = 'src/lib/instrument/filesystem/corpus/lists.json'

describe('the public results', () => {
  it('are a small file that says where it is from', async () => {
    expect(statSync(LISTS).size).to.be.below(100_000)
    const { source } = await publicList('all')
    expect(source.repository).to.equal('https://github.com/IO500/submission-data')
    expect(source.commit).to.match(/^[0-9a-f]{40}$/)
    expect(source.date).to.match(/^\d{4}-\d\d-\d\d$/)
  })

  it('have all twelve phases and seconds, each once, best first', async () => {
    const { results } = await publicList('all')
    expect(results).to.have.lengthOf(329)
    for (const result of results)
      for (const { name } of SCORED_PHASES) {
        const { value, seconds } = result.phases.get(name)!
        expect(value, `${result.submission} ${name}`).to.be.above(0)
        expect(seconds, `${result.submission} ${name}`).to.be.above(0)
      }
    const scores = results.map(({ score }) => score)
    expect(scores).to.deep.equal(scores.toSorted((a, b) => b - a))
    const keys = results.map(({ bandwidthGiBPerSecond: b, metadataKiops: m }) => `${b} ${m}`)
    expect(new Set(keys).size).to.equal(results.length)
  })

  it('have scores that follow from their phases, also those of 2017 that were printed without the root', async () => {
    const { results } = await publicList('all')
    const mean = (values: number[]) =>
      Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
    for (const result of results) {
      const of = (unit: string) =>
        mean(
          SCORED_PHASES.filter((phase) => phase.unit === unit).map(
            ({ name }) => result.phases.get(name)!.value!,
          ),
        )
      const score = Math.sqrt(of('GiB/s') * of('kIOPS'))
      expect(score / result.score, `submission ${result.submission}`).to.be.closeTo(1, 0.01)
    }
  })

  // Lustre and EXAScaler since 2020: figures counted once more by other means, from the same source.
  for (const [name, p10, p50, p90, max] of [
    ['score', 22.08, 137.03, 500.2, 838.99],
    ['bandwidth', 6.43, 48.19, 331.66, 807.12],
    ['metadata', 75.14, 397.72, 890.51, 1604.84],
    ['ior-easy-write', 30.78, 193.79, 854.07, 2340.3],
    ['ior-hard-write', 1.09, 7.53, 40.32, 155.46],
    ['ior-hard-read', 2.93, 42.38, 255.31, 1157.3],
    ['mdtest-hard-delete', 12.85, 92.29, 203.63, 519.93],
    ['find', 752.67, 2941.3, 8432.4, 21337],
  ] as const)
    it(`spread as they do: ${name} on Lustre`, async () => {
      const { results } = await publicList('lustre')
      expect(results).to.have.lengthOf(51)
      const values = results.map((result) => figureOf(result, name)!)
      const found = [0.1, 0.5, 0.9, 1].map((share) => quantile(values, share))
      for (const [index, expected] of [p10, p50, p90, max].entries())
        expect(found[index] / expected).to.be.closeTo(1, 0.002)
    })

  it('have MeluXina of ISC21', async () => {
    const row = await meluxina()
    expect(row.system).to.equal('MeluXina')
    expect(row.nodes).to.equal(512)
    expect(row.procs).to.equal(12288)
    expect(row.score).to.be.closeTo(194.11889, 0.0001)
    expect(row.phases.get('ior-easy-write')!.value).to.be.closeTo(440.64, 0.01)
    const seconds = SCORED_PHASES.map(({ name }) => row.phases.get(name)!.seconds!)
    expect(seconds.reduce((sum, one) => sum + one)).to.be.closeTo(4289, 1)
  })

  it('are those of ten nodes on the list of ten nodes', async () => {
    const { results } = await publicList('10-node')
    expect(results.length).to.be.above(100)
    expect(results.every(({ nodes }) => nodes === 10)).to.equal(true)
  })
})

describe('a percentile', () => {
  it('places the best at 100, and what is below all at 0', async () => {
    const list = await publicList('lustre')
    expect(percentile('score', 839, list)).to.deep.include({ percentile: 100, n: 51 })
    expect(percentile('score', 0.001, list)).to.deep.include({ percentile: 0 })
    expect(percentile('score', 137.03, list)!.percentile).to.be.closeTo(50, 2)
    expect(percentile('mdworkbench-bench', 1, list)).to.equal(null)
  })

  it('never falls when a value rises', async () => {
    const lists = await Promise.all(LIST_NAMES.map(publicList))
    const names: FigureName[] = ['score', 'bandwidth', ...SCORED_PHASES.map(({ name }) => name)]
    const value = fc.double({ min: 0, max: 1e9, noNaN: true })
    fc.assert(
      fc.property(
        fc.constantFrom(...lists),
        fc.constantFrom(...names),
        value,
        value,
        (list, name, a, b) => {
          const [low, high] = [Math.min(a, b), Math.max(a, b)]
          expect(percentile(name, low, list)!.percentile).to.be.at.most(
            percentile(name, high, list)!.percentile,
          )
        },
      ),
    )
  })

  it('knows who stands above and below', async () => {
    const list = await publicList('lustre')
    const { rank, above, below } = neighbours(194.118891, list)
    expect(above!.score).to.be.above(194.1)
    expect(below!.score).to.be.below(194.1)
    expect(list.results[rank - 1]).to.equal(below)
    expect(neighbours(1e6, list)).to.deep.include({ rank: 1, above: null })
    expect(neighbours(0, list)).to.deep.include({ rank: 52, below: null })
  })
})

describe('the weakest phase', () => {
  it('is that with the lowest percentile, and says what the median would be worth', async () => {
    const list = await publicList('lustre')
    const { phases } = await meluxina()
    const found = weakest(
      [...phases].map(([name, { value }]) => ({ name, value })),
      list,
    )!
    expect(found.score).to.be.closeTo(194.11889, 0.001)
    expect(found.name).to.equal('find')
    const { value, median, score, scoreAtMedian } = found
    expect(scoreAtMedian).to.be.closeTo(score * (median / value) ** (1 / 16), 0.01)
  })

  it('is nothing where nothing can be placed, and leaves out phases of zero', async () => {
    const list = await publicList('lustre')
    expect(weakest([], list)).to.equal(null)
    expect(weakest([{ name: 'find', value: 0 }], list)).to.equal(null)
  })

  it('costs nothing where even the weakest is better than the median', async () => {
    const list = await publicList('lustre')
    const phases = SCORED_PHASES.map(({ name }) => ({ name, value: 1e6 }))
    const { score, scoreAtMedian } = weakest(phases, list)!
    expect(scoreAtMedian).to.equal(score)
  })
})
