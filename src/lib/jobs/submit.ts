import { join } from 'node:path'
import { commandOn } from '../platform/command-line.js'
import { cannotWrite } from '../platform/cannot-write.js'
import {
  AibenchError,
  EnvironmentError,
  InterruptedError,
  StateError,
  UsageError,
} from '../platform/errors.js'
import { removeTree } from '../platform/files.js'
import { jobToken, shortId } from '../platform/identifiers.js'
import type { JobSpec, Resources, Scheduler, SchedulerKind } from '../scheduler/contract.js'
import { createRunDirectory, updateJobRecord, writeJobRecord } from '../state/run-directories.js'
import type { Instance } from '../state/schema.js'
import type { Context, Holder, Place, Preparation, Workload } from './contract.js'
import { writeExporterPlan } from './exporter-plan.js'
import { handOver } from './guests.js'
import { identityOf } from './identity.js'
import { shapeOf } from './shape.js'
import { jobFilesOf, type JobSettings } from './job-settings.js'
import { freeName, refuseTakenName } from './namesakes.js'

/** The two phases of a submission: what is intended is on disk before the scheduler hears of it, and what it answered before the job runs. */

/** A submitting command is surely done by then: the time-outs of sbatch, a second look and a release, and the state lock's. */
const SUBMISSION_MS = 120_000

export interface Plan {
  service: Workload
  name: string
  /** Nobody asked for this very name: with a number it will do as well. */
  isNumbered: boolean
  options: Record<string, unknown>
  scheduler: SchedulerKind
  resources: Resources
  job: JobSettings
  /** In whose allocation it runs; absent: in a job of its own. */
  holder?: Holder
}

export function placeOf({ resources, scheduler, holder }: Plan, runDir: string): Place {
  return { runDir, resources, scheduler, holder }
}

/** What runs its script: the scheduler, or for a guest the script of its holder. */
export function commandLineOf(context: Context, plan: Plan, job: JobSpec): readonly string[] {
  if (plan.holder) return ['bash', join(plan.holder.instance.runDir, 'job.sh'), job.runDir]
  return context.scheduler(plan.scheduler).plan(job).argv
}

interface Intention {
  instance: Instance
  job: JobSpec
  preparation: Preparation
}

/** Everything on disk that the job will need, and the intent in the state, before the scheduler hears of it. */
export async function recordIntent(context: Context, plan: Plan): Promise<Intention> {
  const { service, name, options, scheduler, resources, holder } = plan
  const id = shortId()
  const token = jobToken()
  const runDir = await createRunDirectory(context, { id, service: service.kind })
  try {
    const preparation = await service.prepare(context, options, placeOf(plan, runDir))
    const now = context.clock.now()
    const instance: Instance = {
      id,
      name,
      service: service.kind,
      shape: shapeOf(service, options),
      scheduler,
      allocation: holder?.instance.id ?? null,
      token,
      jobId: null,
      cluster: holder
        ? holder.instance.cluster
        : await context.scheduler(scheduler).clusterOf(resources),
      restarts: 0,
      stopAskedAt: null,
      phase: 'intended',
      runDir,
      options,
      nodes: resources.nodes,
      tasksPerNode: resources.tasksPerNode,
      nodeList: [],
      timeLimitMs: resources.timeLimitMs,
      intendedAt: now.toISOString(),
      submittingUntil: new Date(now.getTime() + SUBMISSION_MS).toISOString(),
      submittedAt: null,
      startedAt: null,
      readyAt: null,
      endedAt: null,
      version:
        typeof preparation.provenance.version === 'string' ? preparation.provenance.version : null,
      members: {},
      hooks: { ready: null, ended: null },
      outcome: null,
      lastResult: null,
    }
    const job = { name: `${service.kind}-${id}`, token, runDir, resources }
    // A guest's nodes are its holder's, and have one.
    if (plan.job.isWatched && !holder) await writeExporterPlan(context, instance)
    await writeJobRecord(context, {
      instance,
      script: service.script,
      argv: commandLineOf(context, plan, job),
      ...jobFilesOf(context, preparation, plan.job),
    })
    await context.state.update((draft) => {
      if (plan.isNumbered) instance.name = freeName(draft, plan)
      else refuseTakenName(draft, plan)
      draft.instances[id] = instance
    })
    if (instance.name !== name) await updateJobRecord(instance)
    return { instance, job, preparation }
  } catch (error) {
    await removeTree(runDir)
    throw error
  }
}

/** A guest waits for nobody's answer: the line in its holder's folder is its submission. */
export async function submitGuest(
  context: Context,
  instance: Instance,
  holder: Instance,
): Promise<Instance> {
  try {
    await handOver(holder, instance)
  } catch (error) {
    await context.state.update((draft) => void delete draft.instances[instance.id])
    await removeTree(instance.runDir)
    throw cannotWrite(holder.runDir, error)
  }
  const submittedAt = context.clock.now().toISOString()
  const { jobId } = holder
  const change: Partial<Instance> = {
    jobId,
    phase: 'submitted',
    submittingUntil: null,
    submittedAt,
  }
  const submitted = await context.state
    .update((draft) => {
      const current = draft.instances[instance.id] ?? instance
      // Another command may have seen it begin.
      return current.phase === 'intended' ? Object.assign(current, change) : current
    })
    .catch((error: unknown) => {
      throw submittedAllTheSame(error, instance, jobId)
    })
  await updateJobRecord(submitted)
  return submitted
}

export async function submit(
  context: Context,
  instance: Instance,
  job: JobSpec,
): Promise<Instance> {
  const scheduler = context.scheduler(instance.scheduler)
  const record = (change: Partial<Instance>) =>
    context.state.update((draft) => Object.assign(draft.instances[instance.id] ?? instance, change))
  const tell = () =>
    context.progress.note('waiting for the scheduler’s answer, so that the job is not lost')
  context.signal.addEventListener('abort', tell)
  let submitted: Awaited<ReturnType<Scheduler['submitHeld']>>
  try {
    submitted = await scheduler.submitHeld(job)
  } catch (error) {
    await rollBack(context, instance, error)
    throw interruptedBy(context, error) ?? error
  } finally {
    context.signal.removeEventListener('abort', tell)
  }
  const { id, cluster = instance.cluster } = submitted
  const submittedAt = context.clock.now().toISOString()
  const recordSubmitted = (change: Partial<Instance>) =>
    record(change).catch((error: unknown) => {
      throw submittedAllTheSame(error, instance, id)
    })
  const held = await recordSubmitted({ jobId: id, cluster, phase: 'held', submittedAt })
  await updateJobRecord(held)
  try {
    await scheduler.release(identityOf(held))
  } catch (error) {
    // The held job is on record: the next command lets it go.
    await recordSubmitted({ submittingUntil: null })
    throw interruptedBy(context, error) ?? error
  }
  return recordSubmitted({ phase: 'submitted', submittingUntil: null })
}

/** The record could not be kept, but there is a job: who reads of a failure would start another. */
function submittedAllTheSame(error: unknown, instance: Instance, jobId: string | null): unknown {
  if (!(error instanceof StateError)) return error
  const { message, code, hints } = error
  return new StateError(
    `${message}; ${instance.name} was submitted all the same, as job ${jobId}`,
    {
      code,
      where: error.where,
      hints: [commandOn(instance, 'check'), commandOn(instance, 'stop'), ...hints],
      cause: error,
    },
  )
}

/** A job that was surely refused leaves nothing; one that may have been accepted stays on record, to be looked for. */
async function rollBack(context: Context, { id, runDir }: Instance, error: unknown): Promise<void> {
  const isRefused = error instanceof AibenchError && isCertainly(error)
  await context.state.update((draft) => {
    if (isRefused) delete draft.instances[id]
    else if (draft.instances[id]) draft.instances[id].submittingUntil = null
  })
  if (isRefused) await removeTree(runDir)
}

/** Ctrl-C came while the answer was waited for: it is the reason, and what is known of the job stands with it. */
function interruptedBy({ signal }: Context, error: unknown): InterruptedError | undefined {
  if (!signal.aborted || !(error instanceof AibenchError)) return undefined
  const { message, where, hints } = error
  return InterruptedError.of(signal, { where, hints }, message)
}

/** Nothing can have been submitted: the site's or Slurm's own no, or no way to Slurm at all. */
function isCertainly(error: AibenchError): boolean {
  return (
    error instanceof EnvironmentError ||
    error instanceof UsageError ||
    error.code === 'AIB_SCHEDULER_DOWN'
  )
}
