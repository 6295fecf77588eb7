import { median } from './quantiles.js'
import type { ListName, PhaseFigures, PublicList, PublicResult } from './contract.js'

/** Result of LuxProvide at ISC21: 512 nodes of MeluXina on its Tier-1 scratch, a Lustre that its name does not show. */
const MELUXINA = 550

/** Phases that only few results have, or that none has: those whose duration comes closest. */
const LIKE: Readonly<Record<string, string>> = {
  'find-easy': 'find',
  'find-hard': 'find',
  'ior-rnd4K-write': 'ior-hard-write',
  'ior-rnd4K-read': 'ior-hard-read',
  'ior-rnd1MB-write': 'ior-easy-write',
  'ior-rnd1MB-read': 'ior-easy-read',
  'mdworkbench-create': 'mdtest-hard-stat',
  'mdworkbench-bench': 'mdtest-hard-read',
  'mdworkbench-delete': 'mdtest-hard-stat',
}

/** The figures are read when they are first asked for, and once. */
let loaded: Promise<Omit<PublicList, 'name'>> | undefined

export async function publicList(name: ListName): Promise<PublicList> {
  const { source, results } = await (loaded ??= load())
  return { name, source, results: results.filter((result) => isIn(name, result)) }
}

export async function meluxina(): Promise<PublicResult> {
  const { results } = await publicList('all')
  return results.find(({ submission }) => submission === MELUXINA)!
}

export function isLustre({ fileSystem }: Pick<PublicResult, 'fileSystem'>): boolean {
  return /lustre|exascaler/i.test(fileSystem)
}

/** Seconds of a phase in these results where they tell it, of one like it where they don't. */
export function secondsOf(phases: PublicResult['phases'], name: string): number | null {
  return phases.get(name)?.seconds ?? phases.get(LIKE[name])?.seconds ?? null
}

/** Of the results that have the phase, half are shorter. */
export function medianSeconds(results: readonly PublicResult[], name: string): number | null {
  const known = results.flatMap(({ phases }) => secondsOf(phases, name) ?? [])
  return known.length > 0 ? median(known) : null
}

function isIn(name: ListName, result: PublicResult): boolean {
  switch (name) {
    case 'all':
      return true
    case '10-node':
      return result.nodes === 10
    case 'lustre':
      return isLustre(result) && result.year >= 2020
  }
}

async function load(): Promise<Omit<PublicList, 'name'>> {
  const { default: data } = await import('./lists.json', { with: { type: 'json' } })
  return { source: data.source, results: data.rows.map((row) => readRow(row, data.phases)) }
}

function readRow(row: string, names: readonly string[]): PublicResult {
  const cells = row.split(';')
  const [submission, year, institution, system, fileSystem, version, nodes, procs] = cells
  const [bandwidthGiBPerSecond, metadataKiops] = cells.slice(8, 10).map(Number)
  const phases = names.flatMap((name, index): [string, PhaseFigures][] => {
    const cell = cells[10 + index]
    if (!cell) return []
    const [value, seconds] = cell.split(':').map(Number)
    return [[name, { value, seconds }]]
  })
  return {
    submission: Number(submission),
    institution,
    system,
    fileSystem,
    year: Number(year),
    version: version || null,
    nodes: Number(nodes) || null,
    procs: Number(procs) || null,
    score: Math.sqrt(bandwidthGiBPerSecond * metadataKiops),
    bandwidthGiBPerSecond,
    metadataKiops,
    phases: new Map(phases),
  }
}
