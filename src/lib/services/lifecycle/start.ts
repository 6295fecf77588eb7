import * as v from 'valibot'
import { aibench } from '../../platform/command-line.js'
import {
  AibenchError,
  EnvironmentError,
  SchedulerError,
  UsageError,
} from '../../platform/errors.js'
import { misfit } from '../../platform/misfit.js'
import { removeTree } from '../../platform/files.js'
import { jobToken, shortId } from '../../platform/identifiers.js'
import { formatDuration, formatNumber } from '../../platform/units.js'
import type { JobSpec, Resources, SchedulerKind } from '../../scheduler/contract.js'
import type { Instance, State } from '../../state/schema.js'
import { createRunDirectory, writeJobRecord } from '../../state/run-directories.js'
import type { Context, Place, Preparation, Service } from '../contract.js'
import { serviceOf } from '../registry.js'
import type { DryRunReport, StartReport, StartRequest } from '../reports.js'
import { withFacts } from './facts.js'
import { jobFilesOf, jobSettings, type JobSettings } from './job-settings.js'
import { isAliveInstance } from './find.js'
import { isBeingSubmitted, observe, type Observation } from './observe.js'
import { untilReady } from './ready.js'
import { resourcesFor } from './resources.js'

/** A submitting command is surely done by then: sbatch's own time-out and the state lock's, with room. */
const SUBMISSION_MS = 90_000

interface Plan {
  service: Service
  name: string
  options: Record<string, unknown>
  scheduler: SchedulerKind
  resources: Resources
  job: JobSettings
}

/**
 * Starts an instance in two phases: what is intended is on disk before the scheduler is asked, the job is submitted held under
 * a token of its own, and let go when its id is on disk too. Cut off anywhere, it leaves at worst a held job that the next
 * command finds by the token.
 */
export async function startInstance(context: Context, request: StartRequest): Promise<StartReport> {
  const plan = await planOf(context, request)
  const adopted = await adoptCutOff(context, plan)
  if (adopted) return finish(context, request, adopted, 'found again after a cut-off submission')

  const { instance, job, preparation } = await intend(context, plan)
  announce(context, plan, preparation)
  const step = context.progress.step('submitted')
  const submitted = await submit(context, instance, job)
  step.done(`job ${submitted.jobId}`)
  return finish(context, request, submitted, preparation.description)
}

/** What {@link startInstance} would do. Prepares in a run directory that is removed again. */
export async function planStart(context: Context, request: StartRequest): Promise<DryRunReport> {
  const plan = await planOf(context, request)
  refuseTakenName(await context.state.read(), plan)
  const token = jobToken()
  const id = shortId()
  const runDir = await createRunDirectory(context, { id, service: plan.service.kind })
  try {
    const { description, environment } = await plan.service.prepare(
      context,
      plan.options,
      placeOf(plan, runDir),
    )
    const { variables, prologue } = plan.job
    const job = { name: `${plan.service.kind}-${id}`, token, runDir, resources: plan.resources }
    const { argv } = context.scheduler(plan.scheduler).plan(job)
    return {
      scheduler: plan.scheduler,
      argv,
      script: `slurm/${plan.service.script}`,
      description,
      environmentNames: Object.keys({ ...variables, ...environment }).sort(),
      prologue,
      maxNodeHours: nodeHours(plan.resources),
    }
  } finally {
    await removeTree(runDir)
  }
}

async function planOf(context: Context, request: StartRequest): Promise<Plan> {
  const service = serviceOf(request.service)
  const options = v.safeParse(service.options, request.options)
  if (!options.success)
    throw new UsageError(`Invalid options for ${service.title}: ${misfit(options.issues)}`, {
      hints: [aibench(service.kind, 'start', '--help')],
    })
  const scheduler = request.scheduler ?? (await context.defaultScheduler())
  return {
    service,
    name: request.name ?? service.kind,
    options: options.output,
    scheduler,
    resources: resourcesFor(context.settings, service.resources(options.output), request.resources),
    job: await jobSettings(context, request.job ?? {}),
  }
}

function placeOf({ resources, scheduler }: Plan, runDir: string): Place {
  return { runDir, resources, scheduler }
}

/** A submission of this name that was cut off and whose job is there after all: that is the one that was wanted. */
async function adoptCutOff(context: Context, plan: Plan): Promise<Instance | undefined> {
  const existing = namesake(await context.state.read(), plan)
  if (!existing) return undefined
  const [{ instance, staleSince }] = await observe(context, [existing])
  if (instance.phase === 'ended') return undefined
  const isUnfinished = existing.phase === 'intended' || existing.phase === 'held'
  const wasCutOff = isUnfinished && !isBeingSubmitted(context, existing)
  if (wasCutOff && instance.phase !== 'intended') return instance
  if (wasCutOff)
    throw new SchedulerError(
      `An earlier start of "${plan.name}" was cut off, and its job may still surface`,
      {
        code: 'AIB_SUBMIT_UNCERTAIN',
        where: staleSince ? 'the scheduler does not answer' : 'the scheduler does not know it yet',
        hints: [
          `aibench ${plan.service.kind} check ${plan.name}`,
          `aibench ${plan.service.kind} stop ${plan.name}`,
        ],
      },
    )
  refuseTakenName(await context.state.read(), plan)
  return undefined
}

function namesake(state: State, { name }: Plan): Instance | undefined {
  return Object.values(state.instances).find(
    (instance) => instance.name === name && isAliveInstance(instance),
  )
}

function refuseTakenName(state: State, plan: Plan): void {
  const taken = namesake(state, plan)
  if (!taken) return
  throw new UsageError(`"${plan.name}" is alive already`, {
    code: 'AIB_NAME_TAKEN',
    where: `${taken.service}, job ${taken.jobId ?? '–'}, ${taken.phase}`,
    hints: [
      `aibench ${taken.service} check ${taken.name}`,
      `aibench ${plan.service.kind} start --name ${plan.name}2`,
      `aibench ${taken.service} stop ${taken.name}`,
    ],
  })
}

interface Intention {
  instance: Instance
  job: JobSpec
  preparation: Preparation
}

/** Everything on disk that the job will need, and the intent in the state, before the scheduler hears of it. */
async function intend(context: Context, plan: Plan): Promise<Intention> {
  const { service, name, options, scheduler, resources } = plan
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
      scheduler,
      token,
      jobId: null,
      phase: 'intended',
      runDir,
      options,
      nodes: resources.nodes,
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
      endpoint: null,
      outcome: null,
      lastResult: null,
    }
    const job = { name: `${service.kind}-${id}`, token, runDir, resources }
    await writeJobRecord(context, {
      instance,
      script: service.script,
      argv: context.scheduler(scheduler).plan(job).argv,
      ...jobFilesOf(context, preparation, plan.job),
    })
    await context.state.update((draft) => {
      refuseTakenName(draft, plan)
      draft.instances[id] = instance
    })
    return { instance, job, preparation }
  } catch (error) {
    await removeTree(runDir)
    throw error
  }
}

async function submit(context: Context, instance: Instance, job: JobSpec): Promise<Instance> {
  const scheduler = context.scheduler(instance.scheduler)
  const record = (change: Partial<Instance>) =>
    context.state.update((draft) => Object.assign(draft.instances[instance.id] ?? instance, change))
  let id: string
  try {
    id = (await scheduler.submitHeld(job)).id
  } catch (error) {
    await forget(context, instance, error)
    throw error
  }
  const submittedAt = context.clock.now().toISOString()
  await record({ jobId: id, phase: 'held', submittedAt })
  try {
    await scheduler.release(id)
  } catch (error) {
    // The held job is on record: the next command lets it go.
    await record({ submittingUntil: null })
    throw error
  }
  return record({ phase: 'submitted', submittingUntil: null })
}

/** A refused job leaves nothing; one that may have been accepted stays on record, to be looked for by its token. */
async function forget(context: Context, { id, runDir }: Instance, error: unknown): Promise<void> {
  const isUncertain = !(error instanceof AibenchError) || error.code === 'AIB_SUBMIT_UNCERTAIN'
  await context.state.update((draft) => {
    if (isUncertain) draft.instances[id].submittingUntil = null
    else delete draft.instances[id]
  })
  if (!isUncertain) await removeTree(runDir)
}

async function finish(
  context: Context,
  request: StartRequest,
  instance: Instance,
  description: string,
): Promise<StartReport> {
  const observation = request.wait
    ? await untilReady(context, instance, request.timeoutMs)
    : await firstLook(context, instance)
  return { instance: await withFacts(context, observation), description }
}

/** A job that can never run is found now and not in an hour; it is taken back, so that a failed start leaves nothing. */
async function firstLook(context: Context, instance: Instance): Promise<Observation> {
  const [observation] = await observe(context, [instance])
  const { job } = observation
  if (!job?.reason?.hopeless) return observation
  await context.scheduler(instance.scheduler).cancel(job.id, instance.token, 'KILL')
  throw new EnvironmentError(`The job could never run: ${job.reason.plain}`, {
    code: 'AIB_JOB_HOPELESS',
    where: `job ${job.id} was pending with ${job.reason.raw}; it was cancelled`,
    hints: job.reason.next ? [job.reason.next] : [],
  })
}

function announce(context: Context, plan: Plan, { description, warnings }: Preparation): void {
  context.progress.note(
    [plan.service.title, `${plan.scheduler} scheduler`, description].join(' · '),
  )
  if (plan.scheduler === 'slurm') context.progress.note(costOf(plan.resources))
  for (const warning of warnings ?? []) context.progress.note(`note: ${warning}`)
}

function costOf(resources: Resources): string {
  const { nodes, timeLimitMs, account } = resources
  const bill = account ? ` (account ${account})` : ''
  const each = `${nodes} node${nodes > 1 ? 's' : ''} × ${formatDuration(timeLimitMs)}`
  return `costs at most ${each} = ${formatNumber(nodeHours(resources))} node-hours${bill}`
}

function nodeHours({ nodes, timeLimitMs }: Resources): number {
  return (nodes * timeLimitMs) / 3_600_000
}
