import * as v from 'valibot'
import { ENVELOPE } from '../measure/envelope.js'
import { INSTRUMENT_VERDICTS } from '../../platform/verdicts.js'

/**
 * `result.json` of a file system benchmark, published as `schemas/filesystem-result.json`: of IO500, or of IOR or mdtest alone.
 * Bandwidth is GiB/s (2^30 bytes), rates are thousands of operations a second, as IO500 prints them; null means that it can't be known here.
 */

const number = v.number()
const known = v.nullable(number)

export const PROGRAMS = ['io500', 'ior', 'mdtest'] as const
export type Program = (typeof PROGRAMS)[number]

const ScoreSchema = v.object({
  total: number,
  bandwidthGiBPerSecond: number,
  metadataKiops: number,
})

/** Of IO500 its phases; of IOR what it accessed, of mdtest its operations, each the mean of its iterations. */
const PhaseSchema = v.object({
  name: v.string(),
  value: known,
  unit: v.picklist(['GiB/s', 'kIOPS']),
  seconds: known,
  valid: v.boolean(),
  /** Part of the score. */
  isScored: v.boolean(),
  /** In the public list that is named beside it, 0 to 100; null where it is not listed. */
  percentile: known,
})
export type ResultPhase = v.InferOutput<typeof PhaseSchema>

const ProblemSchema = v.object({
  code: v.string(),
  phase: v.nullable(v.string()),
  severity: v.picklist(['invalid', 'unranked', 'doubt', 'note']),
  text: v.string(),
  fix: v.string(),
})
export type ResultProblem = v.InferOutput<typeof ProblemSchema>

const CheckedHashSchema = v.object({
  stated: v.nullable(v.string()),
  computed: v.nullable(v.string()),
  /** Null: it can't be checked. */
  ok: v.nullable(v.boolean()),
})

const RepeatSchema = v.object({
  /** From 1. */
  number,
  /** In the folder of the run: `results/1`. */
  resultDir: v.string(),
  valid: v.boolean(),
  isComplete: v.boolean(),
  exitCode: known,
  durationMs: known,
  score: v.nullable(ScoreSchema),
  hash: v.nullable(CheckedHashSchema),
  configHash: v.nullable(CheckedHashSchema),
  phases: v.array(PhaseSchema),
  problems: v.array(ProblemSchema),
})
export type ResultRepeat = v.InferOutput<typeof RepeatSchema>

const SpreadSchema = v.object({ min: number, median: number, max: number })

export const FilesystemResultSchema = v.object({
  schema: v.literal('aibench/filesystem-result/1'),
  kind: v.literal('filesystem'),
  ...ENVELOPE,
  workload: v.object({
    program: v.picklist(PROGRAMS),
    /** Of IOR and mdtest alone. */
    arguments: v.array(v.string()),
    /** As it was given: a file, or `preset quick`; null of IOR and mdtest. */
    ini: v.nullable(v.string()),
    stonewallSeconds: known,
    nodes: known,
    /** MPI processes in all. */
    tasks: known,
    /** How often it was to run. */
    repeats: number,
  }),
  fileSystem: v.object({
    /** The directory that was asked for; the data lay in one of its own in there. */
    dir: v.string(),
    /** `lustre`, `ext4`, …; null where it could not be told. */
    type: v.nullable(v.string()),
    isLustre: v.boolean(),
    /** `default`, `suggested`, or the file with the commands. */
    layout: v.string(),
  }),
  /** What started the processes, as it was proven: `mpirun`, `srun --mpi=pmix`. */
  launcher: v.nullable(v.string()),
  /** All repeats that ran are valid, and there is one. */
  valid: v.boolean(),
  /** Of the repeat with the median score; null where none has one. */
  score: v.nullable(ScoreSchema),
  /** Of the scores; null of fewer than two. */
  spread: v.nullable(SpreadSchema),
  /** Of the repeat whose score is shown. */
  phases: v.array(PhaseSchema),
  /** The public list of the percentiles: `lustre`. */
  list: v.nullable(v.string()),
  /** Of all repeats, each told once. */
  problems: v.array(ProblemSchema),
  repeats: v.array(RepeatSchema),
  instrument: v.object({
    verdict: v.picklist(INSTRUMENT_VERDICTS),
    saturated: v.boolean(),
    findings: v.array(v.string()),
  }),
  files: v.object({ runDir: v.string(), plan: v.string() }),
})
export type FilesystemResult = v.InferOutput<typeof FilesystemResultSchema>

/** What the job and its record tell; the figures follow from the repeats. */
export type ResultFacts = Pick<
  FilesystemResult,
  | 'runId'
  | 'startedAt'
  | 'endedAt'
  | 'complete'
  | 'simulated'
  | 'product'
  | 'errors'
  | 'warnings'
  | 'provenance'
  | 'workload'
  | 'fileSystem'
  | 'launcher'
  | 'list'
> & { runDir: string; findings: readonly string[] }

export function resultOf(
  { runDir, findings, ...facts }: ResultFacts,
  repeats: readonly ResultRepeat[],
): FilesystemResult {
  const shown = typicalOf(repeats)
  return {
    schema: 'aibench/filesystem-result/1',
    kind: 'filesystem',
    definitions: 1,
    path: null,
    thresholds: [],
    ...facts,
    valid: repeats.length > 0 && repeats.every(({ valid }) => valid),
    score: shown?.score ?? null,
    spread: spreadOf(repeats),
    phases: shown?.phases ?? [],
    problems: distinct(repeats.flatMap(({ problems }) => problems)),
    repeats: [...repeats],
    instrument: { verdict: 'ok', saturated: false, findings: [...findings] },
    files: { runDir, plan: 'plan.json' },
  }
}

type Scored = ResultRepeat & { score: NonNullable<ResultRepeat['score']> }

/** The one with the median score (the lower of two), so that its phases make that score; without scores the one that came furthest. */
export function typicalOf(repeats: readonly ResultRepeat[]): ResultRepeat | undefined {
  const scored = byScore(repeats)
  if (scored.length > 0) return scored[Math.floor((scored.length - 1) / 2)]
  const measured = ({ phases }: ResultRepeat) => phases.filter(({ value }) => value !== null).length
  return repeats.toSorted((a, b) => measured(b) - measured(a))[0]
}

function spreadOf(repeats: readonly ResultRepeat[]): FilesystemResult['spread'] {
  const scored = byScore(repeats)
  if (scored.length < 2) return null
  const totals = scored.map(({ score }) => score.total)
  const middle = (totals.length - 1) / 2
  const median = (totals[Math.floor(middle)] + totals[Math.ceil(middle)]) / 2
  return { min: totals[0], median, max: totals.at(-1)! }
}

function byScore(repeats: readonly ResultRepeat[]): Scored[] {
  return repeats
    .filter((repeat): repeat is Scored => repeat.score !== null)
    .toSorted((a, b) => a.score.total - b.score.total)
}

/** What every repeat says is said once. */
function distinct(problems: readonly ResultProblem[]): ResultProblem[] {
  const byKey = new Map(problems.map((one) => [`${one.code} ${one.phase}`, one]))
  const rank = ['invalid', 'unranked', 'doubt', 'note']
  return [...byKey.values()].sort((a, b) => rank.indexOf(a.severity) - rank.indexOf(b.severity))
}
