/**
 * Why a run died. The words are those of the C library, IOR, mdtest and IO500, of Open MPI, MPICH and Slurm; the reason is often only in
 * the text of the phase that died, and what everybody prints afterwards (aborts, signals) is only its echo.
 */

import type { Death, DeathCause, Evidence, Io500Run, PhaseRecord } from './contract.js'
import { linesOf } from './lines.js'
import { kept } from './run.js'

/** In this order: the first that is found anywhere is the reason. */
const CAUSES: readonly (readonly [DeathCause, RegExp])[] = [
  ['quota', /Disk quota exceeded/i],
  ['no-space', /No space left on device/i],
  [
    'time-limit',
    /DUE TO TIME LIMIT|exceeded (?:its |the )?(?:wall ?)?time limit|walltime \d+ exceeded/i,
  ],
  [
    'node-lost',
    /DUE TO NODE FAILURE|Node failure on|lost communication with a remote daemon|lost connection to a remote daemon|NODE_FAIL|connection to (?:proxy|node) \S+ (?:lost|terminated)/i,
  ],
  [
    'out-of-memory',
    /oom[-_ ]kill|out of memory|exceeded (?:job|step) memory limit|Cannot allocate memory/i,
  ],
  // Of the job: the steps of a run are cancelled by its own launcher, once a rank has died.
  ['cancelled', /\bJOB .{1,200} CANCELLED AT |Job has been cancelled/i],
  ['block-size', /block size must be a multiple of transfer size/i],
  ['api-without-mdtest', /Backend doesn't support MDTest/i],
  [
    'configuration',
    /Couldn't parse config file|Cannot open config file|FATAL \(src\/main\.c:\d+\) Unknown option|Parsing error in |Cannot check external-script/i,
  ],
  ['permission', /Permission denied|Operation not permitted|Read-only file system/i],
  ['no-directory', /Couldn't create directory|couldn't call statvfs/i],
  ['odirect', /\b(?:write|read|pwrite|pread)(?:64)?\(.{0,80}failed.{0,10} Invalid argument/i],
  [
    'launcher',
    /not enough slots|attempt to run as root|unable to (?:find|launch) the|executable .{0,200}not found|error while loading shared libraries|command not found|srun: error: (?:Unable|Invalid)|PMI[x2]? .{0,80}(?:not|fail)/i,
  ],
  [
    'input-output',
    /Input\/output error|Remote I\/O error|transport endpoint|Stale file handle|Connection timed out/i,
  ],
  ['missing-file', /open(?:64)?\(.{0,400}No such file or directory/i],
  ['crash', /Signal: Segmentation fault|signal 11\b|SIGSEGV/i],
  ['killed', /exited on signal (?:9|15)\b|\(signal (?:9|15)\)|^Killed$|Terminated$|: Killed$/i],
  [
    'mpi-abort',
    /MPI_ABORT was invoked|MPI_Abort\(|Assertion .{1,200} failed|non-zero (?:exit code|status)/i,
  ],
]
const ANY = new RegExp(CAUSES.map(([, { source }]) => source).join('|'), 'im')

export type Clues = ReadonlyMap<DeathCause, Evidence>

/** The first line for each cause. */
export function cluesIn(text: string, file: string): Clues {
  const clues = new Map<DeathCause, Evidence>()
  if (!ANY.test(text)) return clues
  for (const line of linesOf(text))
    for (const [cause, pattern] of CAUSES)
      if (!clues.has(cause) && pattern.test(line.text))
        clues.set(cause, { file, line: line.number, text: kept(line.text.trim()) })
  return clues
}

/** Of a run without a score: clues of its own files first, then those of the logs beside it. */
export function deathOf(run: Io500Run, clues: readonly Clues[]): Death {
  const phase = dyingPhase(run)
  const [cause] = CAUSES.find(([name]) => clues.some((found) => found.has(name))) ?? ['unknown']
  const evidence = clues.find((found) => found.has(cause))?.get(cause) ?? null
  return { phase: phase?.name ?? null, cause: refined(cause, phase !== undefined, run), evidence }
}

/** The last that began and did not end. */
export function dyingPhase({ phases }: Io500Run): PhaseRecord | undefined {
  const last = phases.findLast(({ startedAt }) => startedAt !== null)
  return last?.value === null && last.endedAt === null ? last : undefined
}

function refined(cause: DeathCause, isInPhase: boolean, { phases }: Io500Run): DeathCause {
  // An API that is not compiled in is a null pointer before the first phase.
  if (cause === 'crash' && !isInPhase && phases.length === 0) return 'api-missing'
  return cause
}
