import { basename, join } from 'node:path'
import { formatDuration } from '../platform/units.js'
import { JobFailedError } from '../platform/errors.js'
import { aibench } from '../platform/command-line.js'
import { readLastLines } from '../platform/tail.js'
import type { JobStatus, Outcome } from '../scheduler/contract.js'
import type { Receipt } from '../scheduler/receipt.js'
import type { Instance } from '../state/schema.js'
import type { Explanation, Services } from './contract.js'
import { logMeant, logsOf, membersOf } from './members.js'
import { completeHint } from './start-again.js'

/** How an end is told to people: one sentence, and the decisive line of the log with its place. */

export interface LocatedExplanation extends Explanation {
  /** `stderr.log:41`; of a log too long to count, how far before its end. */
  place: string
}

/** The logs are read at most this far back: the decisive line stands near the end. */
const SEARCHED = { lines: 2_000, bytes: 2 * 1024 * 1024 }

/** Looks for the decisive line: stderr first, it is the shorter one. One that only says that something failed gives way to a better one. */
export async function explainFromLogs(
  services: Services,
  instance: Instance,
): Promise<LocatedExplanation | undefined> {
  let vague: LocatedExplanation | undefined
  for (const { file, member } of logsToRead(services, instance)) {
    // A log that can't be read tells nothing; that must not hide how the job ended.
    const last = await readLastLines(join(instance.runDir, file), SEARCHED).catch(() => undefined)
    const found = last && services.serviceIfKnown(instance.service)?.explain(last.lines, member)
    if (!found) continue
    const { lines, firstNumber } = last
    const place =
      firstNumber === undefined
        ? `${file}, ${lines.length - found.index} lines before its end`
        : `${file}:${firstNumber + found.index}`
    const located = { ...found, place }
    if (!found.isVague) return located
    vague ??= located
  }
  return vague
}

/** The job's own, and those of the members that have some. */
function logsToRead(services: Services, instance: Instance): { file: string; member?: string }[] {
  const own = membersOf(services, instance)
    .filter(({ name }) => name !== instance.service)
    .flatMap((member) => logsOf(instance, member).map((file) => ({ file, member: member.name })))
  return [{ file: 'stderr.log' }, ...own, { file: 'stdout.log' }]
}

export async function describeOutcome(
  services: Services,
  instance: Instance,
  cause: Outcome,
  job: JobStatus | undefined,
  receipt: Receipt | undefined,
): Promise<string> {
  const isBatch = instance.shape === 'batch'
  const isHolding = instance.shape === 'holding'
  if (cause.kind === 'completed') {
    if (isBatch) return 'completed'
    if (!receipt?.killed) return PLAIN.completed
    const what = instance.shape === 'holding' ? 'what ran in it' : 'the server'
    return `told to stop; ${what} outlived its deadline and was killed`
  }
  if (cause.kind === 'cancelled' && instance.jobId === null && !job)
    return 'was never submitted: the scheduler does not know it'
  if (cause.kind === 'cancelled' && instance.stopAskedAt !== null) {
    if (isBatch && receipt?.cause === 'stopped' && !receipt.killed) return 'stopped by aibench stop'
    return receipt || instance.startedAt ? 'killed by aibench stop' : 'stopped before it started'
  }
  if (cause.kind === 'failed') {
    if (receipt?.cause === 'prologue') return 'the prologue failed'
    // A gate has no log of its own: the server's would be blamed for its end.
    if (receipt?.member === 'gate') return memberEnded(services, instance, receipt.member, cause)
    const explanation = await explainFromLogs(services, instance)
    if (explanation) return explanation.cause
    if (receipt?.member) return memberEnded(services, instance, receipt.member, cause)
    if (receipt?.cause === 'not-ready' && !isHolding) return 'the server did not listen in time'
  }
  if (cause.kind === 'failed' && (isBatch || isHolding)) return `it failed${suffixOf(cause)}`
  return PLAIN[cause.kind] + suffixOf(cause)
}

const PLAIN: Readonly<Record<Outcome['kind'], string>> = {
  completed: 'stopped cleanly',
  failed: 'the server ended by itself',
  cancelled: 'the job was cancelled from outside',
  timeout: 'the time limit was reached',
  'out-of-memory': 'the job went over its memory',
  'node-failed': 'its node failed',
  preempted: 'the job was preempted',
  lost: 'Slurm no longer knows the job, and it left no exit record',
}

/** The others went with it, by our hand: their ends tell nothing. */
function memberEnded(services: Services, instance: Instance, name: string, cause: Outcome): string {
  const members = membersOf(services, instance)
  const member = members.find((one) => one.name === name)
  const others = members.length > 1 ? 'the others were' : 'the server was'
  return `${member?.title ?? `the ${name}`} ended${suffixOf(cause)}, and ${others} ended with it`
}

function suffixOf({ kind, exitCode, signal }: Outcome): string {
  if (kind !== 'failed') return ''
  if (signal) return `, by signal ${signal}`
  return exitCode === null ? '' : `, exit code ${exitCode}`
}

/** The error for an instance that ended when it should have lived. */
export async function jobFailed(
  services: Services,
  instance: Instance,
  during: string,
  data?: unknown,
): Promise<JobFailedError> {
  const explanation = await explainFromLogs(services, instance)
  const outcome = instance.outcome
  const workload = services.serviceIfKnown(instance.service)
  const title = workload?.title ?? instance.service
  const isRun = instance.shape === 'batch' && workload?.shape === 'batch'
  const told = isRun && instance.startedAt !== null ? (workload.whenEnded ?? []) : []
  const hints = (explanation?.hints ?? []).map((hint) => completeHint(services, instance, hint))
  return new JobFailedError(
    `The job ended ${during.replace('SERVICE', title)}: ${explanation?.cause ?? outcome?.summary ?? 'no reason is known'}.`,
    {
      where: whereOf(instance),
      evidence: explanation && `${explanation.place}  ${explanation.line.trim()}`,
      hints: [
        // The log stays among those that a screen has room for.
        ...hints.slice(0, 2),
        ...told.map((verb) => aibench(instance.service, verb, instance.name)),
        aibench(
          instance.service,
          'logs',
          instance.name,
          logMeant(instance.service, membersOf(services, instance)),
        ),
        ...hints.slice(2),
      ],
      data,
    },
  )
}

/** `job 4812351 on mel0112, after 3 s; exit code 1`. */
function whereOf(instance: Instance): string {
  const { startedAt, endedAt, outcome } = instance
  const lived =
    startedAt && endedAt
      ? `, after ${formatDuration(Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)))}`
      : ''
  const node = instance.nodeList[0] ? ` on ${instance.nodeList[0]}` : ''
  const code = outcome?.exitCode == null ? '' : `; exit code ${outcome.exitCode}`
  const signal = outcome?.signal ? `; signal ${outcome.signal}` : ''
  return `job ${instance.jobId ?? '–'}${node}${lived}${code}${signal} (${basename(instance.runDir)})`
}
