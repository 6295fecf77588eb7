import { PHASES } from '../phases.js'
import type {
  DonePhase,
  EarlierRun,
  PublicResult,
  Remaining,
  RunningPhase,
  RunShape,
} from './contract.js'
import { isLustre, medianSeconds, publicList, secondsOf } from './lists.js'
import { mapRange, weightedRange, type Weighted } from './quantiles.js'

/**
 * How long what is left of a run will take: as long as the same phases took in other runs, each of which counts the more, the more it has
 * been like this one up to now. A phase that works on what an earlier one wrote is foretold by its share of that phase's time.
 */
export interface Priors {
  phases: readonly string[]
  runs: readonly PriorRun[]
}

/** Another run, as if it had had this one's stonewall. */
interface PriorRun {
  seconds: ReadonlyMap<string, number>
  weight: number
}

/** What the public results were measured with; a run that counts has no other. */
export const PUBLIC_STONEWALL_SECONDS = 300
/** Write phases of a valid result are no shorter; some of the old ones are. */
const SHORTEST_WRITE_SECONDS = 299.5
/** mdtest waits about a second at its end, whatever it does. */
const MDTEST_SECONDS = 1
/**
 * Of another file system than this run's. Measured with bench/eta.ts on the Lustre results: 0.05 and 0.2 are as good within 1 %, 1 makes the
 * first forecast worse by a third. The number of nodes tells nothing about the time.
 */
export const OTHER_FILE_SYSTEM = 0.1
/** An earlier run on the same file system against one that was made elsewhere. */
const OWN_HISTORY = 20
/** Two runs are alike as long as a phase's share of time differs by no more than this, as a natural logarithm. */
const LIKENESS = 0.5
/** What a run counts that was not like this one at all: the range stays honest while few are. */
const LEAST_LIKENESS = 0.2
/** Of a phase that has lasted longer than in any run we know: this much of what it has taken is still to come. */
const OVERDUE = 0.25

export const WRITES = ['ior-easy-write', 'mdtest-easy-write', 'ior-hard-write', 'mdtest-hard-write']
/** Works on what several phases wrote; what mdtest-hard wrote tells most. */
const WRITTEN_BY: Readonly<Record<string, string>> = {
  find: 'mdtest-hard-write',
  'find-easy': 'mdtest-easy-write',
  'find-hard': 'mdtest-hard-write',
  'ior-rnd4K-read': 'ior-rnd4K-write',
  'ior-rnd1MB-read': 'ior-rnd1MB-write',
  'mdworkbench-bench': 'mdworkbench-create',
  'mdworkbench-delete': 'mdworkbench-create',
}

/** The phases of a standard run that take time. */
export const STANDARD_PHASES: readonly string[] = PHASES.filter(
  ({ mode, name }) => mode === 'standard' && name !== 'timestamp',
).map(({ name }) => name)

export interface PriorsAsk extends RunShape {
  /** The public results of Lustre count most; without this they all count the same. Default true. */
  isLustre?: boolean
  /** Earlier results on the same file system. */
  history?: readonly EarlierRun[]
}

export async function priorsFor(ask: PriorsAsk): Promise<Priors> {
  const { results } = await publicList('all')
  return priorsFrom(results, ask)
}

export function priorsFrom(results: readonly PublicResult[], ask: PriorsAsk): Priors {
  const phases = ask.phases ?? STANDARD_PHASES
  const valid = results.filter((result) =>
    WRITES.every((name) => (secondsOf(result.phases, name) ?? 0) >= SHORTEST_WRITE_SECONDS),
  )
  const medians = new Map(phases.map((name) => [name, medianSeconds(valid, name) ?? 0]))
  const wall = ask.stonewallSeconds
  const known = valid.map((result): PriorRun => {
    const secondsIn = (name: string) => secondsOf(result.phases, name) ?? medians.get(name)!
    return {
      seconds: scaled(phases, secondsIn, wall / PUBLIC_STONEWALL_SECONDS),
      weight: (ask.isLustre ?? true) && !isLustre(result) ? OTHER_FILE_SYSTEM : 1,
    }
  })
  const own = (ask.history ?? []).map((run): PriorRun => {
    const theirs = stonewallOf(run)
    const usual = scaled(phases, (name) => medians.get(name)!, theirs / PUBLIC_STONEWALL_SECONDS)
    const found = new Map(run.phases.map(({ name, seconds }) => [name, seconds]))
    const secondsIn = (name: string) => found.get(name) ?? usual.get(name)!
    return { seconds: scaled(phases, secondsIn, wall / theirs), weight: OWN_HISTORY }
  })
  return { phases, runs: [...known, ...own] }
}

/** As it was asked for, or as its shortest write phase shows it. */
export function stonewallOf({ stonewallSeconds, phases }: EarlierRun): number {
  if (stonewallSeconds !== null) return Math.max(1, stonewallSeconds)
  const written = phases.flatMap(({ name, seconds }) =>
    WRITES.includes(name) ? (seconds ?? []) : [],
  )
  return written.length > 0 ? Math.max(1, Math.min(...written)) : PUBLIC_STONEWALL_SECONDS
}

/** @param running the phase that is running, with what it has taken; null between two. Never less than nothing is left of it. */
export function remaining(
  priors: Priors,
  done: readonly DonePhase[],
  running: RunningPhase | null,
): Remaining {
  const { p10, p50, p90 } = mapRange(
    weightedRange(forecasts(priors, done, running)),
    (seconds) => seconds * 1000,
  )
  return { p10Ms: p10, p50Ms: p50, p90Ms: p90 }
}

function forecasts(
  { phases, runs }: Priors,
  done: readonly DonePhase[],
  running: RunningPhase | null,
): Weighted[] {
  const taken = new Map(done.map(({ name, seconds }) => [name, seconds]))
  const last = Math.max(-1, ...[...taken.keys()].map((name) => phases.indexOf(name)))
  const from = running && phases.includes(running.name) ? phases.indexOf(running.name) : last + 1
  const later = phases.slice(from).filter((name) => name !== running?.name && !taken.has(name))
  const weighed = runs.map((run) => {
    const ofRunning = running ? forecast(run, running.name, taken) : 0
    const rest = later.reduce((sum, name) => sum + forecast(run, name, taken), 0)
    return { ofRunning, rest, weight: run.weight * likeness(run, taken) }
  })
  if (running === null) return weighed.map(({ rest, weight }) => ({ value: rest, weight }))
  const { elapsedSeconds } = running
  // Runs whose phase had ended by now say nothing more of how long it takes, but still something of the rest.
  const lasting = weighed.filter(({ ofRunning }) => ofRunning > elapsedSeconds)
  const weightOf = (some: readonly { weight: number }[]) =>
    some.reduce((sum, { weight }) => sum + weight, 0)
  if (weightOf(lasting) < 0.02 * weightOf(weighed))
    return weighed.map(({ rest, weight }) => ({ value: OVERDUE * elapsedSeconds + rest, weight }))
  return lasting.map(({ ofRunning, rest, weight }) => ({
    value: ofRunning - elapsedSeconds + rest,
    weight,
  }))
}

function forecast(run: PriorRun, name: string, taken: ReadonlyMap<string, number>): number {
  const seconds = run.seconds.get(name) ?? 0
  const source = writtenBy(name)
  const [ours, theirs] = [taken.get(source ?? ''), run.seconds.get(source ?? '')]
  return ours !== undefined && theirs ? (seconds / theirs) * ours : seconds
}

/** From {@link LEAST_LIKENESS} to 1, by the phases that are done and not bound by the stonewall. */
function likeness(run: PriorRun, taken: ReadonlyMap<string, number>): number {
  let distance = 0
  for (const [name, seconds] of taken) {
    if (writtenBy(name) === null) continue
    const expected = forecast(run, name, taken)
    if (expected > 0 && seconds > 0) distance += Math.log(seconds / expected) ** 2
  }
  return LEAST_LIKENESS + (1 - LEAST_LIKENESS) * Math.exp(-distance / (2 * LIKENESS ** 2))
}

/** The phase that wrote what this one works on; null of a write phase. */
export function writtenBy(name: string): string | null {
  if (name in WRITTEN_BY) return WRITTEN_BY[name]
  const [, subject] = /^((?:ior|mdtest)-(?:easy|hard))-(?!write$)/.exec(name) ?? []
  return subject === undefined ? null : `${subject}-write`
}

function scaled(
  phases: readonly string[],
  secondsIn: (name: string) => number,
  factor: number,
): Map<string, number> {
  return new Map(phases.map((name) => [name, scaledSeconds(name, secondsIn(name), factor)]))
}

/** Of a phase, had the stonewall been `factor` times as long. */
export function scaledSeconds(name: string, seconds: number, factor: number): number {
  const fixed = name.startsWith('mdtest') ? MDTEST_SECONDS : 0
  return Math.max(0, seconds - fixed) * factor + fixed
}
