import { PHASES, phaseInfo } from '../phases.js'
import type { Message, PhaseRecord } from '../read/contract.js'
import type { Problem } from './contract.js'
import {
  isOptional,
  isSwitchedOff,
  optionOf,
  phaseOf,
  problem,
  said,
  saysStudentCluster,
  type Facts,
} from './facts.js'
import { moreToWrite } from './more-to-write.js'

/** What the rules of IO500 ask of a run, and what its own program found. Source: io500.org, rules for submission, 2026-07. */
export function ruleProblems(facts: Facts): Problem[] {
  return [...ofTheRun(facts), ...PHASES.flatMap(({ name }) => ofPhase(facts, name)), ...rest(facts)]
}

const STONEWALL = /stonewall-time (?:(\d+)s )?(?:!=|<) *\d+s/i
const PAUSE = /pausing between/i
const FILES_PER_DIR = /files-per-dir is set/i
const NEEDED = /Write phase needed ([\d.]+)s instead of stonewall/i
const BELOW_WALL = /is below stonewall time/i
const TOO_SHORT = /smaller than expected minimum runtime/i
const ZERO = /score shouldn't be 0/i
const FIND = /find (returned with an error|didn't find)|from find command/i
const ERRORS = /Errors? \((-?\d+)\) occured/i
const DRY_RUN = /dry run mode/i
/** Told under a code of their own. */
const KNOWN: readonly RegExp[] = [
  ...[STONEWALL, PAUSE, FILES_PER_DIR, NEEDED, BELOW_WALL, TOO_SHORT, ZERO, FIND, ERRORS, DRY_RUN],
]

function ofTheRun(facts: Facts): Problem[] {
  const { run, requiredSeconds, stonewallSeconds, isStudentCluster } = facts
  const problems: Problem[] = []
  if (facts.isDryRun)
    problems.push(
      problem(
        'invalid',
        'dry-run',
        'It was a dry run: nothing was written or read.',
        'Run it without --dry-run.',
        { evidence: anywhere(facts, DRY_RUN) },
      ),
    )
  const wall = anywhere(facts, STONEWALL)
  const was = STONEWALL.exec(wall?.text ?? '')?.[1] ?? stonewallSeconds
  // Said of 300 s under scc = TRUE: by the rules for all others that is the right time.
  const isForStudents = stonewallSeconds === 300 && saysStudentCluster(run)
  if (isForStudents)
    problems.push(
      problem(
        'doubt',
        'student-cluster',
        'scc = TRUE asks for a stonewall of 30 s, and it was 300 s: it counts like all other results, and not in a Student Cluster Competition.',
        'Leave scc out of [global].',
        { evidence: wall },
      ),
    )
  else if (wall || (stonewallSeconds !== null && stonewallSeconds !== requiredSeconds))
    problems.push(
      problem(
        'invalid',
        'stonewall-time',
        `${was === null ? 'stonewall-time was not' : `stonewall-time was ${was} s, and not`} the ${requiredSeconds} s that the rules ask for${isStudentCluster ? ' under scc = TRUE' : ''}${gap(facts)}.`,
        `Leave stonewall-time out of [debug]${isStudentCluster ? ', or set it to 30' : ': 300 is its default'}.`,
        { evidence: wall },
      ),
    )
  if (anywhere(facts, PAUSE) || optionOf(run, 'debug', 'pause-dir'))
    problems.push(
      problem(
        'invalid',
        'pause-dir',
        'pause-dir was set: a run that could be paused between its phases does not count.',
        'Leave pause-dir out of [debug].',
        { evidence: anywhere(facts, PAUSE) },
      ),
    )
  if (anywhere(facts, FILES_PER_DIR) || optionOf(run, 'mdtest-hard', 'files-per-dir'))
    problems.push(
      problem(
        'invalid',
        'files-per-dir',
        `files-per-dir was set in [mdtest-hard], which also switches the stonewall of that phase off${gap(facts)}.`,
        'Leave files-per-dir out.',
        { evidence: anywhere(facts, FILES_PER_DIR) },
      ),
    )
  return problems
}

/** Found before the first phase, and forgotten by IO500 when the phases begin. */
function gap({ run: { score } }: Facts): string {
  return score && !score.isMarkedInvalid
    ? '; IO500 itself printed the score without [INVALID], and its --verify says [OK]'
    : ''
}

function ofPhase(facts: Facts, name: string): Problem[] {
  const record = phaseOf(facts, name)
  const messages = facts.run.messages.filter(
    ({ phase, level }) => phase === name && level === 'invalid',
  )
  const isOff = isSwitchedOff(facts.run, name) && !record?.value
  if (isOff || facts.isDryRun) return []
  const problems = [
    ...tooShort(facts, name, record),
    ...failed(name, record, messages, facts.isDryRun),
    ...messages
      .filter(({ text }) => !KNOWN.some((known) => known.test(text)))
      .slice(0, 1)
      .map((message) =>
        problem('invalid', 'io500-says', `IO500 found ${name} invalid: ${message.text}.`, '', {
          phase: name,
          evidence: message,
        }),
      ),
  ]
  const isMarked = record?.isMarkedInvalid === true
  if (isMarked && problems.length === 0 && !isForTheWall(facts, record))
    problems.push(
      problem(
        'invalid',
        'marked-invalid',
        `IO500 marked ${name} as invalid, and the files do not tell why.`,
        'The job’s output has the reason, in a line that begins with ERROR INVALID.',
        { phase: name },
      ),
    )
  return isOptional(name) ? problems.map(notCounted) : problems
}

/** A phase that is no part of the score spoils itself alone. */
function notCounted(found: Problem): Problem {
  return { ...found, severity: 'doubt', text: `${found.text} It is no part of the score.` }
}

/** A write phase must go on until the wall, and the wall stands where the rules have it. */
function tooShort(facts: Facts, name: string, record: PhaseRecord | undefined): Problem[] {
  if (!phaseInfo(name)?.hasMinimum || !record?.value) return []
  const { stonewallSeconds, requiredSeconds, isStudentCluster } = facts
  const needed = said(facts, name, NEEDED)
  const below = said(facts, name, BELOW_WALL)
  const seconds = Number(NEEDED.exec(needed?.text ?? '')?.[1] ?? record.seconds ?? NaN)
  const wall = stonewallSeconds ?? requiredSeconds
  // The scripts of 2017 to 2019 took the time with a clock of whole seconds.
  const isScript = facts.run.generation === 'bash'
  const least = Math.min(wall, requiredSeconds) - (isScript ? 1 : 0)
  const isShort = record.seconds !== null && record.seconds < least
  if (needed || below || (isShort && stonewallSeconds !== null)) {
    const evidence = needed ?? below
    return [
      problem(
        'invalid',
        'wall-not-reached',
        `${name} had nothing left to write after ${time(seconds)} and never reached the stonewall at ${wall} s.`,
        moreToWrite(facts, name, seconds),
        { phase: name, evidence },
      ),
    ]
  }
  if (!isShort) return []
  const otherwise =
    isStudentCluster || isScript ? '' : '; under scc = TRUE, which the files do not tell, 30 s'
  return [
    problem(
      'invalid',
      'too-short',
      `${name} took ${time(seconds)}, and a write phase counts from ${requiredSeconds} s on${seconds >= 30 ? otherwise : ''}.`,
      moreToWrite(facts, name, seconds),
      { phase: name },
    ),
  ]
}

/** Short for no other reason than a short wall, which is told once for the run. */
function isForTheWall(
  { stonewallSeconds, requiredSeconds }: Facts,
  { name, seconds }: PhaseRecord,
): boolean {
  const hasMinimum = phaseInfo(name)?.hasMinimum === true
  const isShortWall = stonewallSeconds !== null && stonewallSeconds < requiredSeconds
  return hasMinimum && isShortWall && (seconds === null || seconds < requiredSeconds)
}

function failed(
  name: string,
  record: PhaseRecord | undefined,
  messages: readonly Message[],
  isDryRun: boolean,
): Problem[] {
  const found: Problem[] = []
  const find = messages.find(({ text }) => FIND.test(text))
  if (find)
    found.push(
      problem(
        'invalid',
        'find-failed',
        /didn't find/i.test(find.text)
          ? `${name} found no file that it was to look for.`
          : `The program of ${name} failed.`,
        'Run that program by hand on a small tree; without external-script IO500 uses its own pfind.',
        { phase: name, evidence: find },
      ),
    )
  const errors = messages.find(({ text }) => ERRORS.test(text))
  if (errors)
    found.push(
      problem(
        'invalid',
        'phase-errors',
        `${ERRORS.exec(errors.text)![1]} operations failed in ${name}.`,
        'The phase’s own file in the result directory names them.',
        { phase: name, evidence: errors },
      ),
    )
  const isZero = record?.value !== null && record?.value !== undefined && record.value <= 0
  if (isZero && name !== 'timestamp' && !isDryRun && found.length === 0)
    found.push(
      problem(
        'invalid',
        'zero-score',
        `${name} has the value 0, and IO500 leaves it out of the mean instead of counting it: the score looks better than it is.`,
        'The phase’s own file in the result directory tells why it did nothing.',
        { phase: name, evidence: messages.find(({ text }) => ZERO.test(text)) },
      ),
    )
  return found
}

/** What IO500 said and no rule of ours knows, and a mark that nothing explains. */
function rest({ run }: Facts): Problem[] {
  const known = new Set<string | null>(PHASES.map(({ name }) => name))
  return run.messages
    .filter(({ level, phase }) => level === 'invalid' && !known.has(phase))
    .filter(({ text }) => !KNOWN.some((pattern) => pattern.test(text)))
    .slice(0, 3)
    .map((message) =>
      problem('invalid', 'io500-says', `IO500 found the run invalid: ${message.text}.`, '', {
        evidence: message,
      }),
    )
}

function anywhere({ run: { messages } }: Facts, pattern: RegExp): Message | undefined {
  return messages.find(({ text, level }) => level === 'invalid' && pattern.test(text))
}

function time(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'a time that the files do not tell'
  return seconds < 10 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds)} s`
}
