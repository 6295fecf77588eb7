import { keptOptions } from './kept-options.js'
import { join } from 'node:path'
import { instanceName } from './instance-name.js'
import { aibench } from '../platform/command-line.js'
import { EnvironmentError, UsageError } from '../platform/errors.js'
import { settledBy } from '../options/set.js'
import { misfit } from '../platform/misfit.js'
import { readTextIfThere, removeTree } from '../platform/files.js'
import { jobToken, shortId } from '../platform/identifiers.js'
import { formatDuration, formatNumber } from '../platform/units.js'
import type { Resources } from '../scheduler/contract.js'
import type { Instance } from '../state/schema.js'
import { createRunDirectory } from '../state/run-directories.js'
import type { Context, Preparation } from './contract.js'
import type { DryRunReport, StartReport, StartRequest } from './reports.js'
import { withFacts } from './facts.js'
import { flagsInVain, holderFor, OWN_JOB, resourcesOfGuest } from './find-holder.js'
import { identityOf } from './identity.js'
import { jobSettings } from './job-settings.js'
import { sayingWhatIsLeft } from './left.js'
import { adoptCutOff, noteTakenName } from './namesakes.js'
import type { Observation } from './observation.js'
import { reconcile } from './reconcile.js'
import { untilReady } from './ready.js'
import { resourcesFor } from './resources.js'
import { shapeOf } from './shape.js'
import { commandLineOf, placeOf, recordIntent, submit, submitGuest, type Plan } from './submit.js'

/**
 * Starts an instance in two phases: what is intended is on disk before the scheduler is asked, the job is submitted held under
 * a token of its own, and let go when its id is on disk too. Cut off anywhere, it leaves at worst a held job that the next
 * command finds by the token.
 */
export async function startInstance(context: Context, request: StartRequest): Promise<StartReport> {
  const before = await context.state.read()
  const plan = await planOf(context, request)
  const adopted = await adoptCutOff(context, plan, before)
  if (adopted) return finish(context, request, adopted, 'found again after a cut-off submission')

  const { instance, job, preparation } = await recordIntent(context, plan)
  announce(context, plan, preparation, request.resources)
  const step = context.progress.step('submitted')
  const { holder } = plan
  const submitted = holder
    ? await submitGuest(context, instance, holder.instance)
    : await submit(context, instance, job)
  step.done(holder ? `to ${holder.instance.name}` : `job ${submitted.jobId}`)
  await sayingWhatIsLeft(
    context,
    () => ({ instance: submitted }),
    async () => context.signal.throwIfAborted(),
  )
  return finish(context, request, submitted, preparation.description)
}

/** What {@link startInstance} would do. Prepares in a run directory that is removed again. */
export async function planStart(context: Context, request: StartRequest): Promise<DryRunReport> {
  const plan = await planOf(context, request)
  if (!plan.isNumbered) noteTakenName(context, await context.state.read(), plan)
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
    return {
      scheduler: plan.scheduler,
      allocation: plan.holder?.instance.name ?? null,
      argv: commandLineOf(context, plan, job),
      script: `slurm/${plan.service.script}`,
      description,
      command: await commandIn(runDir),
      environmentNames: Object.keys({ ...variables, ...environment }).sort(),
      prologue,
      maxNodeHours: plan.holder ? 0 : nodeHours(plan.resources),
    }
  } finally {
    await removeTree(runDir)
  }
}

/** Of a service that writes its program's arguments down before the job runs. */
async function commandIn(runDir: string): Promise<readonly string[] | null> {
  const words = async (name: string) =>
    (await readTextIfThere(join(runDir, name)))?.trimEnd().split('\n').filter(Boolean)
  const [command, args] = [await words('command'), await words('arguments')]
  return command && args ? [...command, ...args] : null
}

/** @throws UsageError for what can't be asked for, before anything is prepared */
async function planOf(context: Context, request: StartRequest): Promise<Plan> {
  const service = context.service(request.service)
  const options = keptOptions(service, {
    ...settledBy(service.options, context.settings),
    ...request.options,
  })
  if (!options.success)
    throw new UsageError(`Invalid options for ${service.title}: ${misfit(options.issues)}`, {
      hints: [aibench(service.kind, 'start', '--help')],
    })
  const holder = await holderFor(context, service, options.output, request)
  const scheduler =
    holder?.instance.scheduler ?? request.scheduler ?? (await context.defaultScheduler())
  const asked = { scheduler, resources: request.resources, holder }
  const complete = (await service.complete?.(context, options.output, asked)) ?? options.output
  const all = resourcesFor(context.settings, service.resources(complete), request.resources)
  const resources = holder ? resourcesOfGuest(holder, all, request.resources) : all
  if (!holder)
    context.scheduler(scheduler).plan({ name: 'plan', token: '', runDir: '/', resources })
  const name = instanceName(request.name ?? request.usualName ?? service.kind)
  const isNumbered = request.name === undefined && shapeOf(service, complete) === 'batch'
  const job = await jobSettings(context, request.job ?? {}, service.reserved)
  return { service, name, isNumbered, options: complete, scheduler, resources, job, holder }
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
  const [observation] = await reconcile(context, [instance])
  const { job } = observation
  if (!job?.reason?.hopeless) return observation
  await context.scheduler(instance.scheduler).cancel(identityOf(observation.instance), 'KILL')
  throw new EnvironmentError(`The job could never run: ${job.reason.plain}`, {
    code: 'AIB_JOB_HOPELESS',
    where: `job ${job.id} was pending with ${job.reason.raw}; it was cancelled`,
    hints: job.reason.next ? [job.reason.next] : [],
  })
}

function announce(
  context: Context,
  plan: Plan,
  { description, warnings }: Preparation,
  asked: Partial<Resources>,
): void {
  context.progress.note(
    [plan.service.title, `${plan.scheduler} scheduler`, description].join(' · '),
  )
  if (plan.holder) tellHolder(context, plan.holder.instance, asked)
  else if (plan.scheduler === 'slurm') context.progress.note(costOf(plan.resources))
  for (const warning of warnings ?? []) context.progress.note(`note: ${warning}`)
}

function tellHolder(context: Context, { name, jobId, phase }: Instance, asked: Partial<Resources>) {
  const state = phase === 'ready' ? '' : ', when that is ready'
  context.progress.note(
    `runs in ${name} (job ${jobId})${state}; --in ${OWN_JOB} for a job of its own`,
  )
  const inVain = flagsInVain(asked)
  if (inVain.length > 0)
    context.progress.note(`note: ${inVain.join(' and ')} can't change the job of ${name}`)
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
