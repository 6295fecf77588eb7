import { boundsOf, isOff } from './bounds.js'
import type { EarlierRun, Estimate, EstimateAsk, PublicResult } from './contract.js'
import {
  OTHER_FILE_SYSTEM,
  PUBLIC_STONEWALL_SECONDS,
  scaledSeconds,
  STANDARD_PHASES,
  stonewallOf,
  WRITES,
  writtenBy,
} from './eta.js'
import { isLustre, medianSeconds, publicList, secondsOf } from './lists.js'
import { mapRange, weightedRange, type Weighted } from './quantiles.js'

/**
 * How what is written grows with the nodes, and with the processes on each: exponents. Least squares over the Lustre results since 2020 in
 * `lists.json`, all four together; what they leave unexplained is the width of the range.
 */
const GROWTH: Readonly<Record<string, { nodes: number; tasksPerNode: number }>> = {
  'ior-easy-write': { nodes: 0.82, tasksPerNode: 0.73 },
  'mdtest-easy-write': { nodes: 0.49, tasksPerNode: 0.76 },
  'ior-hard-write': { nodes: 1.0, tasksPerNode: 1.0 },
  'mdtest-hard-write': { nodes: 0.57, tasksPerNode: 0.65 },
}
/** A file of mdtest's hard part is 3901 bytes long: a block of most file systems. */
const HARD_FILE_BYTES = 4096
/** The start of the processes, the probes before and the clean-up after. */
const AROUND_SECONDS = 60
/** Of repeats on the same nodes: what one of them writes, against another. Twice the nodes or half of them add as much again. */
const OWN_SPREAD = 0.25

/** Of one machine with disks of its own, whatever the processes: GiB/s and thousand files a second. A guess, not measured: wide on purpose. */
const LOCAL_RATES: Readonly<Record<string, readonly number[]>> = {
  'ior-easy-write': [0.1, 0.4, 2.5],
  'mdtest-easy-write': [5, 20, 100],
  'ior-hard-write': [0.1, 0.3, 1.5],
  'mdtest-hard-write': [3, 12, 60],
}
/** What is read comes from memory, more or less of it. */
const LOCAL_TIMES = [0.6, 0.8, 1.2]

/** Another run, as if it had had our nodes, processes and stonewall. */
interface Sample {
  /** What each write phase would write, bytes or files. */
  amounts: ReadonlyMap<string, number>
  seconds: ReadonlyMap<string, number>
  /** What it counts for the time, and for what is written. */
  timeWeight: number
  sizeWeight: number
}

export async function estimate(ask: EstimateAsk): Promise<Estimate> {
  const { results } = await publicList('all')
  return estimateFrom(results, ask)
}

export function estimateFrom(results: readonly PublicResult[], ask: EstimateAsk): Estimate {
  const { nodes, tasks, stonewallSeconds, repeats = 1, config = new Map() } = ask
  const phases = STANDARD_PHASES.filter((name) => !isOff(config, name))
  const bounds = boundsOf(config, tasks)
  const own = (ask.history ?? []).filter(isUsable)
  const samples = samplesOf(own, ask, results)
  const bytes: Weighted[] = []
  const inodes: Weighted[] = []
  const walls: Weighted[] = []
  const bounded = new Map<string, number>()
  for (const { amounts, seconds, timeWeight, sizeWeight } of samples) {
    /** The part of what the clock would allow that the ini does. */
    const shares = new Map<string, number>()
    const written = new Map<string, number>()
    for (const name of WRITES.filter((write) => phases.includes(write))) {
      const [amount, bound] = [amounts.get(name) ?? 0, bounds.get(name)!]
      written.set(name, Math.min(amount, bound.amount))
      shares.set(name, amount > 0 ? Math.min(1, bound.amount / amount) : 1)
      if (bound.amount < amount)
        bounded.set(bound.name, (bounded.get(bound.name) ?? 0) + sizeWeight)
    }
    const [iorEasy, mdEasy, iorHard, mdHard] = WRITES.map((name) => written.get(name) ?? 0)
    bytes.push({ value: iorEasy + iorHard + HARD_FILE_BYTES * mdHard, weight: sizeWeight })
    inodes.push({ value: mdEasy + mdHard + 2 * tasks, weight: sizeWeight })
    const wall = phases.reduce((sum, name) => {
      const share = shares.get(writtenBy(name) ?? name) ?? 1
      return sum + (seconds.get(name) ?? 0) * share
    }, 0)
    walls.push({ value: repeats * wall + AROUND_SECONDS, weight: timeWeight })
  }
  const wallSeconds = weightedRange(walls)
  const half = samples.reduce((sum, { sizeWeight }) => sum + sizeWeight, 0) / 2
  return {
    nodes,
    tasks,
    stonewallSeconds,
    repeats,
    bytes: weightedRange(bytes),
    inodes: mapRange(weightedRange(inodes), Math.round),
    wallSeconds,
    nodeHours: mapRange(wallSeconds, (seconds) => (nodes * seconds) / 3600),
    basis: basisOf(own.length, samples, ask),
    boundedBy: [...bounded].filter(([, weight]) => weight >= half).map(([name]) => name),
  }
}

function samplesOf(
  own: readonly EarlierRun[],
  ask: EstimateAsk,
  results: readonly PublicResult[],
): Sample[] {
  if (own.length > 0) return ownSamples(own, ask, results)
  return ask.fileSystem === 'local' ? localSamples(ask, results) : publicSamples(results, ask)
}

/** A slow, a usual and a fast disk. */
function localSamples(ask: EstimateAsk, results: readonly PublicResult[]): Sample[] {
  const medians = mediansOf(results)
  const factor = ask.stonewallSeconds / PUBLIC_STONEWALL_SECONDS
  const seconds = new Map(
    STANDARD_PHASES.map((name) => [name, scaledSeconds(name, medians.get(name)!, factor)]),
  )
  return [0, 1, 2].map((index): Sample => {
    const weight = index === 1 ? 0.6 : 0.2
    const amounts = WRITES.map((name): [string, number] => [
      name,
      LOCAL_RATES[name][index] * unitOf(name) * seconds.get(name)!,
    ])
    const spread = new Map([...seconds].map(([name, one]) => [name, one * LOCAL_TIMES[index]]))
    return { amounts: new Map(amounts), seconds: spread, timeWeight: weight, sizeWeight: weight }
  })
}

function publicSamples(results: readonly PublicResult[], ask: EstimateAsk): Sample[] {
  const medians = mediansOf(results)
  return results.flatMap((result): Sample[] => {
    const { nodes, procs, phases } = result
    if (nodes === null || procs === null) return []
    const factor = ask.stonewallSeconds / PUBLIC_STONEWALL_SECONDS
    const isLike = ask.fileSystem === 'other' || isLustre(result)
    const secondsIn = (name: string) => secondsOf(phases, name) ?? medians.get(name)!
    return [
      {
        ...scaledTo(ask, { nodes, procs, factor }, (name) => phases.get(name)?.value, secondsIn),
        timeWeight: isLike ? 1 : OTHER_FILE_SYSTEM,
        // What other file systems write says nothing of how much a Lustre does.
        sizeWeight: isLike && result.year >= 2020 ? 1 : 0,
      },
    ]
  })
}

/** Each three times: as it was, and as far off as another run may be. */
function ownSamples(
  history: readonly EarlierRun[],
  ask: EstimateAsk,
  results: readonly PublicResult[],
): Sample[] {
  const medians = mediansOf(results)
  return history.flatMap((run) => {
    const nodes = run.nodes ?? ask.nodes
    const procs = run.procs ?? ask.tasks
    const wall = stonewallOf(run)
    const factor = ask.stonewallSeconds / wall
    const known = new Map(run.phases.map((phase) => [phase.name, phase]))
    const usual = (name: string) =>
      scaledSeconds(name, medians.get(name)!, wall / PUBLIC_STONEWALL_SECONDS)
    const { amounts, seconds } = scaledTo(
      ask,
      { nodes, procs, factor },
      (name) => known.get(name)?.value,
      (name) => known.get(name)?.seconds ?? usual(name),
    )
    const spread = 1 + OWN_SPREAD * (1 + Math.abs(Math.log2(ask.nodes / nodes)))
    return [1 / spread, 1, spread].map((part, index): Sample => {
      const times = (values: ReadonlyMap<string, number>, by: number) =>
        new Map([...values].map(([name, value]) => [name, value * by]))
      const weight = index === 1 ? 0.6 : 0.2
      // The stonewall keeps the time closer together than the rates.
      const ofTime = Math.sqrt(part)
      return {
        amounts: times(amounts, part),
        seconds: times(seconds, ofTime),
        timeWeight: weight,
        sizeWeight: weight,
      }
    })
  })
}

function scaledTo(
  ask: EstimateAsk,
  from: { nodes: number; procs: number; factor: number },
  rateOf: (name: string) => number | null | undefined,
  secondsIn: (name: string) => number,
): Pick<Sample, 'amounts' | 'seconds'> {
  const perNode = ask.tasks / ask.nodes / (from.procs / from.nodes)
  const seconds = new Map(
    STANDARD_PHASES.map((name) => [name, scaledSeconds(name, secondsIn(name), from.factor)]),
  )
  const amounts = WRITES.map((name): [string, number] => {
    const { nodes, tasksPerNode } = GROWTH[name]
    const growth = (ask.nodes / from.nodes) ** nodes * perNode ** tasksPerNode
    return [name, (rateOf(name) ?? 0) * unitOf(name) * growth * seconds.get(name)!]
  })
  return { amounts: new Map(amounts), seconds }
}

/** Bytes or files of one unit of a rate. */
function unitOf(name: string): number {
  return name.startsWith('ior') ? 2 ** 30 : 1000
}

function mediansOf(results: readonly PublicResult[]): ReadonlyMap<string, number> {
  return new Map(STANDARD_PHASES.map((name) => [name, medianSeconds(results, name) ?? 0]))
}

/** A run that measured what it writes. */
function isUsable({ phases }: EarlierRun): boolean {
  return WRITES.every((name) =>
    phases.some((phase) => phase.name === name && phase.value !== null && phase.seconds !== null),
  )
}

function basisOf(
  own: number,
  samples: readonly Sample[],
  { nodes, fileSystem }: EstimateAsk,
): string {
  const to = `scaled to ${nodes} ${nodes === 1 ? 'node' : 'nodes'}`
  if (own > 0) return `${own} ${own === 1 ? 'result' : 'results'} of your own, ${to}`
  if (fileSystem === 'local') return 'what disks of one machine usually do'
  const like = samples.filter(({ sizeWeight }) => sizeWeight > 0).length
  return `${like} public results${fileSystem === 'other' ? '' : ' of Lustre'}, ${to}`
}
