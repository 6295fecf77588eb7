import { percentile } from './corpus/percentile.js'
import type { PublicList } from './corpus/contract.js'
import { iorProblems, mdtestProblems } from './judge/alone.js'
import type { Known } from './judge/contract.js'
import { judge } from './judge/judge.js'
import type { IorMeasure, IorReport, MdtestReport, ReadResult } from './read/contract.js'
import type { ResultPhase, ResultProblem, ResultRepeat } from './result.js'

/** What one run of a program left, judged, as it stands in `result.json`. */

/** What the job knows of it. */
export type RepeatFacts = Pick<ResultRepeat, 'number' | 'resultDir' | 'exitCode' | 'durationMs'> & {
  known: Known
}

/** @param found what its files hold; the first of several is meant, they are told */
export function repeatOf(
  { known, ...facts }: RepeatFacts,
  found: readonly ReadResult[],
  list: PublicList | null,
): ResultRepeat {
  const [first] = found
  const figures =
    first === undefined
      ? nothing(known)
      : first.kind === 'io500'
        ? ofIo500(first.run, known, list)
        : first.kind === 'ior'
          ? alone(iorPhases(first.report), first.report, iorProblems(first.report))
          : alone(mdtestPhases(first.report), first.report, mdtestProblems(first.report))
  const isClean = facts.exitCode === 0
  return { ...facts, ...figures, valid: figures.valid && isClean }
}

type FiguresOfRepeat = Omit<ResultRepeat, keyof RepeatFacts>

function ofIo500(
  run: (ReadResult & { kind: 'io500' })['run'],
  known: Known,
  list: PublicList | null,
): FiguresOfRepeat {
  const { valid, isComplete, problems, score, hash, configHash, phases } = judge(run, known)
  const place = (name: string, value: number | null) =>
    list && value !== null ? (percentile(name, value, list)?.percentile ?? null) : null
  return {
    valid,
    isComplete,
    problems,
    score: score && {
      total: score.total,
      bandwidthGiBPerSecond: score.bandwidthGiBPerSecond,
      metadataKiops: score.metadataKiops,
    },
    hash: checked(hash),
    configHash: checked(configHash),
    phases: phases.map((one) => ({ ...one, percentile: place(one.name, one.value) })),
  }
}

function checked({ stated, computed, ok }: NonNullable<ResultRepeat['hash']>) {
  return { stated, computed, ok }
}

/** Of IOR or mdtest: there are no rules but that it has to end. */
function alone(
  phases: ResultPhase[],
  { isComplete }: Pick<IorReport | MdtestReport, 'isComplete'>,
  doubts: readonly ResultProblem[],
): FiguresOfRepeat {
  const isMeasured = phases.some(({ value }) => value !== null)
  return {
    valid: isComplete && isMeasured,
    isComplete,
    phases,
    problems: isComplete ? [...doubts] : [UNFINISHED, ...doubts],
    score: null,
    hash: null,
    configHash: null,
  }
}

const UNFINISHED: ResultProblem = {
  code: 'not-complete',
  phase: null,
  severity: 'invalid',
  text: 'It did not run to its end.',
  fix: 'The log of the job tells why.',
}

function nothing({ end }: Known): FiguresOfRepeat {
  return {
    valid: false,
    isComplete: false,
    phases: [],
    problems: [{ ...UNFINISHED, text: end?.text ?? 'It ended before it had written a result.' }],
    score: null,
    hash: null,
    configHash: null,
  }
}

/** A row for each kind of access: the mean of its iterations. */
function iorPhases({ results }: IorReport): ResultPhase[] {
  const names = [...new Set(results.map(({ access }) => access))]
  return names.map((name) => {
    const own = results.filter(({ access }) => access === name)
    const of = (figure: (measure: IorMeasure) => number | null) => meanOf(own.map(figure))
    const mebibytes = of(({ bandwidthMiBPerSecond }) => bandwidthMiBPerSecond)
    const value = mebibytes === null ? null : mebibytes / 1024
    return row(
      name,
      value,
      'GiB/s',
      of(({ totalSeconds }) => totalSeconds),
    )
  })
}

/** mdtest tells no times that can be trusted: what it calls milliseconds are seconds. */
function mdtestPhases({ rates }: MdtestReport): ResultPhase[] {
  return rates
    .filter(({ meanPerSecond }) => meanPerSecond > 0)
    .map(({ operation, meanPerSecond }) => row(operation, meanPerSecond / 1000, 'kIOPS', null))
}

function row(
  name: string,
  value: number | null,
  unit: ResultPhase['unit'],
  seconds: number | null,
): ResultPhase {
  return { name, value, unit, seconds, valid: value !== null, isScored: false, percentile: null }
}

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length
}
