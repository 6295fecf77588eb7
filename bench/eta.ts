// How well the time and the size of a run of IO500 are foretold, on the public results: each one from those of the other sites.
//   npx tsx bench/eta.ts
import type { PublicResult } from '../src/lib/instrument/filesystem/corpus/contract.js'
import { estimateFrom } from '../src/lib/instrument/filesystem/corpus/estimate.js'
import { priorsFrom, remaining } from '../src/lib/instrument/filesystem/corpus/eta.js'
import { isLustre, publicList } from '../src/lib/instrument/filesystem/corpus/lists.js'
import { quantile } from '../src/lib/instrument/filesystem/corpus/quantiles.js'
import { SCORED_PHASES } from '../src/lib/instrument/filesystem/phases.js'

const PHASES = SCORED_PHASES.map(({ name }) => name)
const STOPS = [
  ['before the start', 0],
  ['after the writes (before find)', 4],
  ['after find', 5],
  ['before mdtest-easy-stat', 6],
  ['before the last phase', 11],
] as const

const { results } = await publicList('all')
const counted = results.filter(({ phases }) =>
  PHASES.every((name) => !name.endsWith('write') || (phases.get(name)?.seconds ?? 0) >= 299.5),
)
const lustre = counted.filter((result) => isLustre(result) && result.year >= 2020)
report('Lustre since 2020', lustre, true)
report(
  'all of the program in C',
  counted.filter(({ version }) => version !== null),
  false,
)
report('all', counted, false)
sizes(lustre)

function report(title: string, tested: readonly PublicResult[], onLustre: boolean): void {
  console.log(
    `\n${title}: ${tested.length} results, each foretold from those of other institutions`,
  )
  console.log(`${'of the total'.padEnd(32)}median error  nine in ten  within p10-p90`)
  for (const [name, passed] of STOPS) {
    const tries = tested.map((result) => attempt(result, passed, onLustre))
    const errors = tries.map(({ error }) => error)
    const cells = [
      share(quantile(errors, 0.5)).padStart(12),
      share(quantile(errors, 0.9)).padStart(11),
      share(tries.filter(({ isInside }) => isInside).length / tries.length).padStart(14),
    ]
    console.log(name.padEnd(32) + cells.join('  '))
  }
}

function attempt(result: PublicResult, passed: number, onLustre: boolean) {
  const others = results.filter(({ institution }) => institution !== result.institution)
  const shape = { stonewallSeconds: 300, nodes: result.nodes, phases: PHASES, isLustre: onLustre }
  const priors = priorsFrom(others, shape)
  const took = PHASES.map((name) => ({ name, seconds: result.phases.get(name)!.seconds! }))
  const left = remaining(priors, took.slice(0, passed), null)
  const sum = (some: typeof took) => some.reduce((total, { seconds }) => total + seconds, 0)
  const truth = sum(took.slice(passed))
  return {
    error: Math.abs(left.p50Ms / 1000 - truth) / sum(took),
    isInside: truth * 1000 >= left.p10Ms && truth * 1000 <= left.p90Ms,
  }
}

function share(value: number): string {
  return `${(100 * value).toFixed(1)} %`
}

/** Times or parts of the truth, whichever is above one. */
function sizes(tested: readonly PublicResult[]): void {
  const tries = tested.flatMap((result) => {
    const { nodes, procs, institution } = result
    if (nodes === null || procs === null) return []
    const others = results.filter((other) => other.institution !== institution)
    const foretold = estimateFrom(others, { nodes, tasks: procs, stonewallSeconds: 300 })
    const written = (part: string, unit: number) =>
      ['easy', 'hard'].reduce((sum, way) => {
        const { value, seconds } = result.phases.get(`${part}-${way}-write`)!
        return sum + value! * unit * seconds!
      }, 0)
    return [
      { truth: written('ior', 2 ** 30), range: foretold.bytes },
      { truth: written('mdtest', 1000), range: foretold.inodes },
    ]
  })
  console.log('\nwhat a run on Lustre writes     median factor  nine in ten  within p10-p90')
  for (const [name, index] of [
    ['bytes', 0],
    ['files', 1],
  ] as const) {
    const own = tries.filter((_, at) => at % 2 === index)
    const factors = own.map(({ truth, range }) => Math.max(truth / range.p50, range.p50 / truth))
    const inside = own.filter(({ truth, range }) => truth >= range.p10 && truth <= range.p90)
    const cells = [
      quantile(factors, 0.5).toFixed(2).padStart(12),
      quantile(factors, 0.9).toFixed(2).padStart(11),
      share(inside.length / own.length).padStart(14),
    ]
    console.log(name.padEnd(32) + cells.join('  '))
  }
}
