import { SCORED_PHASES, PHASES, phaseInfo, unitOf } from '../phases.js'
import type { Io500Run } from '../read/contract.js'
import type { JudgedPhase, Judgement, Known, Problem, Severity } from './contract.js'
import { doubtProblems, rankProblems } from './doubts.js'
import { endingProblems } from './ending.js'
import { factsOf, problem, type Facts } from './facts.js'
import { ruleProblems } from './rules.js'
import { judgedConfigHash, judgedHash, judgedScore, sumProblems } from './sums.js'

/**
 * Whether a result of IO500 counts, and all that is wrong with it, each thing once. Stricter than IO500's own mark, which forgets what
 * it finds before the first phase, and than its --verify, which repeats the mark.
 */
export function judge(run: Io500Run, known: Known = {}): Judgement {
  const score = judgedScore(run, 'standard')
  const extendedScore = judgedScore(run, 'extended')
  const hashes = { hash: judgedHash(run, 'standard'), configHash: judgedConfigHash(run) }
  const facts = factsOf(run, known, hashes.hash)
  const extended = { hash: judgedHash(run, 'extended'), score: extendedScore }
  const ends = endingProblems(facts)
  const found = [
    ...ruleProblems(facts),
    ...sumProblems(facts, hashes, score, extended),
    ...rankProblems(facts),
    ...doubtProblems(facts),
  ]
  const problems = [
    ...ends,
    ...[...found, ...unexplained(facts, [...ends, ...found])].toSorted(inOrder),
  ]
  const isComplete = run.score !== null && allThere(run)
  return {
    valid: isComplete && !problems.some(({ severity }) => severity === 'invalid'),
    isComplete,
    problems,
    score,
    extendedScore,
    ...hashes,
    phases: judgedPhases(facts, problems),
  }
}

/** IO500 marked the score, and nothing of what we know tells why. */
function unexplained({ run: { score } }: Facts, found: readonly Problem[]): Problem[] {
  if (!score?.isMarkedInvalid || found.some(({ severity }) => severity === 'invalid')) return []
  return [
    problem(
      'invalid',
      'marked-invalid',
      'IO500 marked the score as invalid, and the files do not tell why.',
      'The job’s output has the reason, in a line that begins with ERROR INVALID.',
    ),
  ]
}

function judgedPhases(facts: Facts, problems: readonly Problem[]): JudgedPhase[] {
  const { run, requiredSeconds } = facts
  const bad = new Set(
    problems
      .filter(({ severity, code }) => severity !== 'note' && !SOFT.has(code))
      .map(({ phase }) => phase),
  )
  const there: JudgedPhase[] = run.phases
    .filter(({ name }) => name !== 'timestamp')
    .map(({ name, value, unit, seconds, isMarkedInvalid }) => {
      const info = phaseInfo(name)
      const isShort = info?.hasMinimum === true && seconds !== null && seconds < requiredSeconds
      const isBad = isMarkedInvalid || isShort || bad.has(name)
      return {
        name,
        value,
        unit,
        seconds,
        valid: value !== null && !facts.isDryRun && !isBad,
        isScored: info?.scored ?? false,
      }
    })
  const names = new Set(there.map(({ name }) => name))
  const missing = SCORED_PHASES.filter(({ name }) => !names.has(name)).map(
    ({ name }): JudgedPhase => ({
      name,
      value: null,
      unit: unitOf(name),
      seconds: null,
      valid: false,
      isScored: true,
    }),
  )
  return [...there, ...missing].toSorted((a, b) => place(a.name) - place(b.name))
}

/** A doubt about where the bytes came from: the phase is valid by the rules. */
const SOFT: ReadonlySet<string> = new Set(['cached-read', 'implausible-read'])

function allThere(run: Io500Run): boolean {
  return SCORED_PHASES.every(({ name }) =>
    run.phases.some((phase) => phase.name === name && phase.value !== null),
  )
}

const SEVERITIES: readonly Severity[] = ['invalid', 'unranked', 'doubt', 'note']

/** Worst first; of those the run's own before its phases', which stand in their order. */
function inOrder(a: Problem, b: Problem): number {
  const severity = SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity)
  return severity || place(a.phase) - place(b.phase)
}

function place(phase: string | null): number {
  if (phase === null) return -1
  const found = PHASES.findIndex(({ name }) => name === phase)
  return found < 0 ? PHASES.length : found
}
