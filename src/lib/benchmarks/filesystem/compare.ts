import type {
  ListName,
  PublicList,
  PublicResult,
} from '../../instrument/filesystem/corpus/contract.js'
import { meluxina, publicList } from '../../instrument/filesystem/corpus/lists.js'
import { neighbours, percentile } from '../../instrument/filesystem/corpus/percentile.js'
import { median } from '../../instrument/filesystem/corpus/quantiles.js'
import { factsOf } from '../../instrument/filesystem/judge/facts.js'
import type { ReadResult } from '../../instrument/filesystem/read/contract.js'
import { readResults } from '../../instrument/filesystem/read/read-results.js'
import { repeatOf } from '../../instrument/filesystem/repeat.js'
import type {
  FilesystemResult,
  Program,
  ResultPhase,
  ResultRepeat,
} from '../../instrument/filesystem/result.js'
import type { Context } from '../../jobs/contract.js'
import { aibench } from '../../platform/command-line.js'
import { NotFoundError, UsageError } from '../../platform/errors.js'
import { exists } from '../../platform/files.js'
import { formatCount } from '../../platform/units.js'
import type { Kinds } from '../kind.js'
import { showRun } from '../runs.js'
import { readResult } from '../settle-runs.js'
import { filesystem } from './kind.js'

export interface Comparison {
  list: { name: ListName; results: number; date: string; repository: string }
  /** In the order in which they were named; the first is what the others are held against. */
  subjects: Subject[]
  /** Score, bandwidth and metadata first, then the phases in their order. */
  rows: Row[]
  /** The published result of MeluXina, on the list of Lustre. */
  reference: PublishedRow | null
  /** Where the first would stand in the list; null without a score. */
  place: Place | null
  /** What makes them hard to compare, a sentence each. */
  differences: string[]
}

export interface Subject {
  /** A, B, C … */
  label: string
  /** The path, or the id of the run. */
  name: string
  program: Program
  version: string | null
  nodes: number | null
  tasks: number | null
  stonewallSeconds: number | null
  /** Of how many repeats the figures are medians. */
  repeats: number
  valid: boolean
  isComplete: boolean
  /** What makes it invalid, a sentence each. */
  why: string[]
}

export interface Row {
  name: string
  unit: string
  /** One of each subject, in their order; null where it has none. */
  cells: (Cell | null)[]
  /** Of the list; null where the list has none. */
  median: number | null
  reference: number | null
}

export interface Cell {
  value: number
  /** Of the repeats; the same as the value where there was one. */
  min: number
  max: number
  percentile: number | null
  /** To the first subject's; null where that has none, and of the first itself. */
  ratio: number | null
  valid: boolean
}

export interface PublishedRow {
  name: string
  nodes: number | null
  tasks: number | null
}

export interface Place {
  rank: number
  of: number
  above: string | null
  below: string | null
}

/** A result with its repeats, wherever it is from. */
interface Measured {
  subject: Omit<Subject, 'label' | 'repeats' | 'valid' | 'isComplete' | 'why'>
  repeats: ResultRepeat[]
}

const SCORE_ROWS = [
  { name: 'score', unit: '', of: (score: Score) => score.total },
  { name: 'bandwidth', unit: 'GiB/s', of: (score: Score) => score.bandwidthGiBPerSecond },
  { name: 'metadata', unit: 'kIOPS', of: (score: Score) => score.metadataKiops },
] as const
type Score = NonNullable<ResultRepeat['score']>

/**
 * Results side by side: files of anybody's, and runs of one's own with the spread over their repeats.
 * @throws UsageError for a path that holds no result; NotFoundError for a name that is neither a path nor a run
 */
export async function compareResults(
  context: Context,
  kinds: Kinds,
  { named, list: listName }: { named: readonly string[]; list: ListName },
): Promise<Comparison> {
  const list = await publicList(listName)
  const measured: Measured[] = []
  for (const name of named) measured.push(...(await measuredIn(context, kinds, name)))
  return compared(measured, list, listName === 'lustre' ? await meluxina() : null)
}

export function compared(
  measured: readonly Measured[],
  list: PublicList,
  reference: PublicResult | null,
): Comparison {
  const subjects = measured.map(subjectOf)
  const rows = [...scoreRows(measured, list), ...phaseRows(measured, list)]
  const score = rows[0].name === 'score' ? rows[0].cells[0] : null
  const isIo500 = subjects.some(({ program }) => program === 'io500')
  return {
    list: {
      name: list.name,
      results: list.results.length,
      date: list.source.date,
      repository: list.source.repository,
    },
    subjects,
    rows: rows.map((row) => ({ ...row, reference: publishedFigure(reference, row.name) })),
    reference:
      reference && isIo500
        ? { name: reference.system, nodes: reference.nodes, tasks: reference.procs }
        : null,
    place: score ? placeOf(score.value, list) : null,
    differences: differencesOf(subjects),
  }
}

async function measuredIn(context: Context, kinds: Kinds, name: string): Promise<Measured[]> {
  if (name.includes('/') || (await exists(name))) {
    const results = await readResults(name)
    return results.map((result) => ofFiles(results.length > 1 ? result.source : name, result))
  }
  const run = await showRun(context, kinds, name).catch((error: unknown) => {
    if (!(error instanceof NotFoundError)) throw error
    throw new NotFoundError(`There is neither a path nor a run "${name}"`, {
      code: 'AIB_RUN_UNKNOWN',
      hints: [aibench('runs', 'list')],
      cause: error,
    })
  })
  const result = await readResult(run, filesystem)
  if (result) return [ofRun(name, result)]
  throw new UsageError(
    run.result ? `Run ${name} is one of ${run.service} bench` : `Run ${name} has no result yet`,
    { code: 'AIB_NO_RESULT', hints: [aibench('runs', 'show', name)] },
  )
}

function ofFiles(name: string, result: ReadResult): Measured {
  const facts = { number: 1, resultDir: name, exitCode: 0, durationMs: null, known: {} }
  const repeats = [repeatOf(facts, [result], null)]
  if (result.kind === 'io500') {
    const { run } = result
    const unhashed = { stated: null, computed: null, ok: null, why: null }
    const { nodes, procs, stonewallSeconds } = factsOf(run, {}, unhashed)
    const { version, generation } = run
    const subject = {
      name,
      program: result.kind,
      version: version ?? (generation === 'bash' ? 'io-500-dev' : null),
      ...{ nodes, tasks: procs, stonewallSeconds },
    }
    return { subject, repeats }
  }
  const { version, nodes, tasks } = result.report
  const subject = { name, program: result.kind, version, nodes, tasks, stonewallSeconds: null }
  return { subject, repeats }
}

function ofRun(name: string, { workload, product, repeats }: FilesystemResult): Measured {
  const { program, nodes, tasks, stonewallSeconds } = workload
  const subject = { name, program, version: product.version, nodes, tasks, stonewallSeconds }
  return { subject, repeats }
}

function subjectOf({ subject, repeats }: Measured, index: number): Subject {
  const invalid = repeats.flatMap(({ problems }) =>
    problems.filter(({ severity }) => severity === 'invalid').map(({ text }) => text),
  )
  return {
    label: labelOf(index),
    ...subject,
    repeats: repeats.length,
    valid: repeats.length > 0 && repeats.every(({ valid }) => valid),
    isComplete: repeats.length > 0 && repeats.every(({ isComplete }) => isComplete),
    why: [...new Set(invalid)],
  }
}

/** A to Z, then AA. */
function labelOf(index: number): string {
  const rest = Math.floor(index / 26)
  return (rest > 0 ? labelOf(rest - 1) : '') + String.fromCharCode(65 + (index % 26))
}

function scoreRows(measured: readonly Measured[], list: PublicList): Row[] {
  return SCORE_ROWS.map(({ name, unit, of }) => {
    const values = measured.map(({ repeats }) =>
      repeats.flatMap(({ score, valid }) => (score ? [{ value: of(score), valid }] : [])),
    )
    return rowOf(name, unit, values, list)
  }).filter(({ cells }) => cells.some(Boolean))
}

function phaseRows(measured: readonly Measured[], list: PublicList): Row[] {
  const phases = measured.flatMap(({ repeats }) => repeats.flatMap((repeat) => repeat.phases))
  const units = new Map(phases.map(({ name, unit }) => [name, unit]))
  const rows = inOrder(measured).map((name) => {
    const values = measured.map(({ repeats }) =>
      repeats.flatMap((repeat) => measureOf(repeat.phases, name)),
    )
    return rowOf(name, units.get(name)!, values, list)
  })
  return rows.filter(({ cells }) => cells.some(Boolean))
}

/** As the first of them ran; what only later ones have follows what it follows there. */
function inOrder(measured: readonly Measured[]): string[] {
  const order: string[] = []
  for (const { repeats } of measured)
    for (const { phases } of repeats) {
      let at = 0
      for (const { name } of phases) {
        const known = order.indexOf(name)
        if (known < 0) order.splice(at++, 0, name)
        else at = known + 1
      }
    }
  return order
}

function measureOf(phases: readonly ResultPhase[], name: string): Measure[] {
  return phases.flatMap((phase) =>
    phase.name === name && phase.value !== null && phase.value > 0
      ? [{ value: phase.value, valid: phase.valid }]
      : [],
  )
}

interface Measure {
  value: number
  valid: boolean
}

function rowOf(
  name: string,
  unit: string,
  measures: readonly (readonly Measure[])[],
  list: PublicList,
): Row {
  const first = measures[0].length > 0 ? median(measures[0].map(({ value }) => value)) : null
  const cells = measures.map((own, index): Cell | null => {
    if (own.length === 0) return null
    const values = own.map(({ value }) => value)
    const value = median(values)
    return {
      value,
      min: Math.min(...values),
      max: Math.max(...values),
      percentile: percentile(name, value, list)?.percentile ?? null,
      ratio: index === 0 || first === null ? null : value / first,
      valid: own.every(({ valid }) => valid),
    }
  })
  return { name, unit, cells, median: percentile(name, 0, list)?.median ?? null, reference: null }
}

function publishedFigure(reference: PublicResult | null, name: string): number | null {
  if (reference === null) return null
  if (name === 'score') return reference.score
  if (name === 'bandwidth') return reference.bandwidthGiBPerSecond
  if (name === 'metadata') return reference.metadataKiops
  return reference.phases.get(name)?.value ?? null
}

function placeOf(score: number, list: PublicList): Place {
  const { rank, above, below } = neighbours(score, list)
  const words = (other: PublicResult | null) =>
    other && [other.system, other.fileSystem, other.nodes && `${other.nodes} nodes`, other.year]
  const text = (other: PublicResult | null) => words(other)?.filter(Boolean).join(', ') ?? null
  return { rank, of: list.results.length + 1, above: text(above), below: text(below) }
}

/** What else than the storage they differ in. */
function differencesOf(subjects: readonly Subject[]): string[] {
  const ways: [string, (subject: Subject) => string | number | null][] = [
    ['programs', ({ program }) => program],
    ['numbers of nodes', ({ nodes }) => nodes && formatCount(nodes)],
    ['numbers of processes', ({ tasks }) => tasks && formatCount(tasks)],
    ['stonewalls', ({ stonewallSeconds }) => stonewallSeconds && `${stonewallSeconds} s`],
    ['releases', ({ version }) => version],
  ]
  return ways.flatMap(([what, of]) => {
    const known = subjects.map(of).filter((value) => value !== null)
    const distinct = [...new Set(known)]
    return distinct.length > 1 ? [`different ${what}: ${distinct.join(', ')}`] : []
  })
}
