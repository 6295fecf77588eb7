import { SCORED_PHASES } from '../phases.js'
import type { DeathCause } from '../read/contract.js'
import type { JobEnd, Problem } from './contract.js'
import { isSwitchedOff, problem, type Facts } from './facts.js'

/** Why a run has no score, once; where it has one, which phases are not in it. */
export function endingProblems(facts: Facts): Problem[] {
  if (isCleanup(facts))
    return [
      problem(
        'invalid',
        'cleanup',
        'It only cleaned up (--cleanup): the phases that delete were run, and nothing was measured.',
        'Run it without --cleanup.',
      ),
    ]
  const off = switchedOff(facts)
  if (!facts.hasEnded) return [...endedEarly(facts, off), ...off]
  return [...off, ...missing(facts, off)]
}

/** io500 --cleanup runs the phases that delete alone, and prints a score of 0. */
function isCleanup({ run, hasEnded }: Facts): boolean {
  const scored = run.phases.filter(({ name }) => name !== 'timestamp')
  return hasEnded && scored.length > 0 && scored.every(({ name }) => name.endsWith('-delete'))
}

/** A phase without a value, because the configuration has it so. */
function switchedOff({ run }: Facts): Problem[] {
  return SCORED_PHASES.filter(({ name }) => {
    const value = run.phases.find((phase) => phase.name === name)?.value ?? null
    return isSwitchedOff(run, name) && (value === null || value === 0)
  }).map(({ name }) =>
    problem(
      'invalid',
      'phase-off',
      `${name} was switched off, and IO500 leaves it out of the mean instead of counting it as 0: the score looks better than it is.`,
      `Set run = TRUE in [${name}], or leave it out.`,
      { phase: name },
    ),
  )
}

function missing({ run }: Facts, off: readonly Problem[]): Problem[] {
  const absent = SCORED_PHASES.map(({ name }) => name).filter(
    (name) =>
      !off.some(({ phase }) => phase === name) &&
      (run.phases.find((phase) => phase.name === name)?.value ?? null) === null,
  )
  if (absent.length === 0) return []
  return [
    problem(
      'invalid',
      'missing-phase',
      absent.length === SCORED_PHASES.length
        ? 'The files hold a score and not one phase of it.'
        : `The files hold no value of ${listed(absent)}: a score counts with all ${SCORED_PHASES.length} phases.`,
      'Give all of the result directory, or run it again in one go.',
      absent.length === 1 ? { phase: absent[0] } : {},
    ),
  ]
}

function endedEarly({ run, known: { end } }: Facts, off: readonly Problem[]): Problem[] {
  const { death } = run
  const phase =
    death?.phase ??
    run.phases.findLast(({ name, value }) => value === null && name !== 'timestamp')?.name ??
    null
  const last = run.phases.findLast(({ value }) => value !== null)?.name
  const source = phase && SOURCE_OF[phase]
  // What it was to read was never written: told once, with the phase that is off.
  if (source && off.some((known) => known.phase === source))
    return [
      problem(
        'invalid',
        'ended-early',
        `It ended in ${phase}, which found nothing to read because ${source} was switched off.`,
        '',
        { phase: phase ?? undefined, evidence: death?.evidence ?? undefined },
      ),
    ]
  const cause = end ? CAUSE_OF_END[end.cause] : death?.cause
  const isVague = !cause || cause === 'unknown' || cause === 'mpi-abort' || cause === 'killed'
  // The files know more than the job when they name a full disk, and less when they just stop.
  const told = end && (isVague || !death || VAGUE.has(death.cause)) ? cause : death?.cause
  const { code, text, fix } = ENDS[told ?? 'unknown']
  return [
    problem(
      'invalid',
      code,
      `${where(phase, last)}: ${end && told === cause ? textOf(end, text) : text}.`,
      fix,
      { phase: phase ?? undefined, evidence: death?.evidence ?? undefined },
    ),
  ]
}

function where(phase: string | null, last: string | undefined): string {
  if (phase !== null) return `It ended in ${phase}, before there was a score`
  return last === undefined
    ? 'It ended before the first phase'
    : `It ended after ${last}, before there was a score`
}

function textOf({ text }: JobEnd, fallback: string): string {
  return text
    ? text.replace(/\.$/, '').replace(/^[A-Z](?=[a-z])/, (c) => c.toLowerCase())
    : fallback
}

/** The phase whose files a later one reads. */
const SOURCE_OF: Readonly<Record<string, string>> = {
  'ior-easy-read': 'ior-easy-write',
  'ior-rnd4K-easy-read': 'ior-easy-write',
  'ior-hard-read': 'ior-hard-write',
  'mdtest-easy-stat': 'mdtest-easy-write',
  'mdtest-easy-delete': 'mdtest-easy-write',
  'mdtest-hard-stat': 'mdtest-hard-write',
  'mdtest-hard-read': 'mdtest-hard-write',
  'mdtest-hard-delete': 'mdtest-hard-write',
}

const CAUSE_OF_END: Readonly<Record<JobEnd['cause'], DeathCause>> = {
  'time-limit': 'time-limit',
  node: 'node-lost',
  cancelled: 'cancelled',
  memory: 'out-of-memory',
  failed: 'unknown',
}
const VAGUE: ReadonlySet<DeathCause> = new Set<DeathCause>(['unknown', 'mpi-abort', 'killed'])

interface End {
  code: string
  text: string
  fix: string
}

const ESTIMATE = 'how much a run writes, aibench lustre estimate tells'
const ENDS: Readonly<Record<DeathCause, End>> = {
  'no-space': {
    code: 'no-space',
    text: 'the file system was full',
    fix: `Make room, or bound what is written with blockSize, segmentCount and n: ${ESTIMATE}.`,
  },
  quota: {
    code: 'quota',
    text: 'the quota was used up',
    fix: `Ask for more, or write elsewhere; lfs quota shows what is left, ${ESTIMATE}.`,
  },
  permission: {
    code: 'permission',
    text: 'a directory could not be written to',
    fix: 'Set datadir and resultdir in [global] to directories that you may write to.',
  },
  'no-directory': {
    code: 'no-directory',
    text: 'a file or directory was not there',
    fix: 'Set datadir and resultdir in [global] to directories that exist, or that can be made.',
  },
  'time-limit': {
    code: 'time-limit',
    text: 'the time limit of the job was reached',
    fix: 'Ask for two hours: nine in ten public runs took less than 1 h 45 min.',
  },
  cancelled: { code: 'cancelled', text: 'it was cancelled', fix: 'Run it again.' },
  'node-lost': {
    code: 'node-lost',
    text: 'a node was lost',
    fix: 'Run it again without that node, and tell those who run the cluster.',
  },
  'out-of-memory': {
    code: 'out-of-memory',
    text: 'a node ran out of memory',
    fix: 'Use fewer processes per node, or a smaller transferSize in [ior-easy].',
  },
  killed: {
    code: 'killed',
    text: 'a process was killed',
    fix: 'Look into the job’s log for who did it: memory, a time limit, or a person.',
  },
  'api-missing': {
    code: 'api-missing',
    text: 'the program has no support for this API',
    fix: 'Use api = POSIX, or an io500 that was built with the API.',
  },
  'api-without-mdtest': {
    code: 'api-without-mdtest',
    text: 'mdtest can’t use this API',
    fix: 'Leave api = POSIX in [global], and set API = MPIIO in [ior-easy] and [ior-hard] alone.',
  },
  crash: {
    code: 'crash',
    text: 'the program crashed',
    fix: 'The first error in the job’s log tells where; if it stays, tell the authors of io500.',
  },
  'missing-file': {
    code: 'missing-file',
    text: 'a file of an earlier phase was not there',
    fix: 'Run all phases in one go, and let nothing else touch the directory.',
  },
  'block-size': {
    code: 'block-size',
    text: 'blockSize is no multiple of transferSize',
    fix: 'Set blockSize in [ior-easy] to a multiple of transferSize.',
  },
  odirect: {
    code: 'odirect',
    text: 'O_DIRECT refuses the 47008 bytes of ior-hard, which fit no block of a disk',
    fix: 'Leave --posix.odirect out of api in [global], and set API = POSIX --posix.odirect in [ior-easy] alone.',
  },
  configuration: {
    code: 'configuration',
    text: 'the configuration or the command line has something that this io500 does not know',
    fix: 'Before the job starts, aibench lustre ini check FILE finds it.',
  },
  launcher: {
    code: 'launcher',
    text: 'the MPI launcher refused to start it',
    fix: 'A launcher that works here is found and remembered by aibench lustre start.',
  },
  'input-output': {
    code: 'input-output',
    text: 'the file system answered with an error',
    fix: 'Look at its health (lfs df, /sys/fs/lustre/health_check), and tell those who run it.',
  },
  'mpi-abort': {
    code: 'mpi-abort',
    text: 'MPI ended it',
    fix: 'The first error in the job’s log tells why.',
  },
  unknown: {
    code: 'ended-early',
    text: 'the files stop there, and do not tell why',
    fix: 'The job’s log may tell; if the run still goes on, look again when it has ended.',
  },
}

function listed(names: readonly string[]): string {
  if (names.length === 1) return names[0]
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`
}
