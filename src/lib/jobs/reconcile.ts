import { AibenchError } from '../platform/errors.js'
import type { JobStatus, Queue, SchedulerKind, Sighting } from '../scheduler/contract.js'
import { readReadyMark, readReceipt } from '../scheduler/receipt.js'
import { updateJobRecord } from '../state/run-directories.js'
import { isProvenEnd, type Instance } from '../state/schema.js'
import type { Context, Services } from './contract.js'
import { clearAfterEnd } from './clear.js'
import { endOf, isBeingSubmitted } from './ends.js'
import { endOfGuest, sightingOfGuest, type GuestLook } from './guest-life.js'
import { handOver, readGuestFiles, turnOf } from './guests.js'
import { identityOf } from './identity.js'
import { doDueHooks } from './hooks.js'
import { readMembers, recordsOf, type MemberFiles } from './member-records.js'
import { areReady } from './members.js'
import { describeOutcome } from './outcome.js'
import type { Observation } from './observation.js'
import { readProgress } from './progress.js'
import { readStages } from './stages.js'

/**
 * How the state file, the run directory and the scheduler are brought together. The scheduler is asked once for all
 * instances; a job is believed to be an instance's only when it is proven ({@link identityOf}).
 */

export interface ReconcileOptions {
  /** Lets go or cancels what a cut-off submission left. Default true; a stop comes first. */
  mend?: boolean
  /** Asks about ended instances too, whatever their end rests on. */
  askAll?: boolean
}

/** An end that was only concluded is looked at again for this long; no site's jobs wait or run for longer unseen. */
const DOUBT_MS = 7 * 86_400_000

/**
 * Looks at all these instances with one question per scheduler, mends what a cut-off command left, and records what changed.
 * One instance's trouble is told with it and keeps nobody from seeing the others; a home that can't be written can be seen.
 */
export async function reconcile(
  context: Context,
  instances: readonly Instance[],
  { mend = true, askAll = false }: ReconcileOptions = {},
): Promise<Observation[]> {
  const all = await withCompany(context, instances)
  const jobs = all.filter(({ allocation }) => allocation === null)
  const asked = jobs.filter((one) => askAll || needsScheduler(context, one))
  const queues = await pollFor(context, asked)
  const looks = await Promise.all(
    jobs.map((one) => {
      const queue = asked.includes(one) ? queues.get(one.scheduler) : undefined
      return lookAt(context, one, queue?.sightings.get(one.token), queue?.askedAt)
    }),
  )
  if (mend) for (const look of looks) await repairOne(context, look)
  const observations = await record(context, looks)
  const guests = all.filter(({ allocation }) => allocation !== null)
  if (guests.length > 0)
    observations.push(...(await reconcileGuests(context, guests, observations, mend)))
  return instances.map((wanted) => withGuests(observations, wanted))
}

/** With the guests come their holders, which have the jobs; with a holder its guests, of which it is told. */
async function withCompany(
  context: Context,
  instances: readonly Instance[],
): Promise<readonly Instance[]> {
  const isOpen = (one: Instance) => one.allocation !== null && !isProvenEnd(one)
  if (!instances.some((one) => one.shape === 'holding' || isOpen(one))) return instances
  const { instances: known } = await context.state.read()
  const all = new Map(instances.map((one) => [one.id, one]))
  const add = (one: Instance | undefined) => one && !all.has(one.id) && all.set(one.id, one)
  for (const one of instances) if (isOpen(one)) add(known[one.allocation!])
  for (const one of Object.values(known)) if (isOpen(one) && all.has(one.allocation!)) add(one)
  return [...all.values()]
}

/** After their holders, one after the other in the order of their turns. */
async function reconcileGuests(
  context: Context,
  guests: readonly Instance[],
  holders: readonly Observation[],
  mend: boolean,
): Promise<Observation[]> {
  const looks: Finding[] = []
  for (const guest of [...guests].sort(byTurn)) {
    const holder = holders.find(({ instance }) => instance.id === guest.allocation)
    const files = holder ? await readGuestFiles(holder.instance, guest) : { isHandedOver: false }
    const before = looks.filter(
      (one) => one.instance.allocation === guest.allocation && isAtTurn(context, one),
    )
    const look = { holder, files, ahead: before.map(({ instance }) => instance.name) }
    if (mend) await finishHandingOver(context, guest, look)
    const sighting = isProvenEnd(guest) ? undefined : sightingOfGuest(guest, look)
    const found = await lookAt(context, guest, sighting, holder?.staleSince)
    looks.push({ ...found, guest: look, holder: holder?.instance, turn: turnOf(files) })
  }
  return record(context, looks)
}

/** As their names in the holder's folder are sorted. */
function byTurn(a: Instance, b: Instance): number {
  return a.intendedAt.localeCompare(b.intendedAt) || a.id.localeCompare(b.id)
}

/** Whether those that come after it still have to wait. */
function isAtTurn(context: Context, { instance, guest, receipt }: Finding): boolean {
  if (instance.phase === 'ended' || !guest?.files.isHandedOver || guest.files.ended) return false
  return endOfGuest(context, instance, guest, receipt) === undefined
}

/** A command that was cut off between its intent and the line in the holder's folder: the next one writes it. */
async function finishHandingOver(
  context: Context,
  guest: Instance,
  { holder, files }: GuestLook,
): Promise<void> {
  if (guest.phase !== 'intended' || files.isHandedOver || isBeingSubmitted(context, guest)) return
  if (!holder || holder.instance.phase === 'ended') return
  try {
    await handOver(holder.instance, guest)
    files.isHandedOver = true
  } catch {
    // A folder that is gone, or can't be written: it never begins, and ends with its allocation.
  }
}

function withGuests(observations: readonly Observation[], wanted: Instance): Observation {
  const found = observations.find(({ instance }) => instance.id === wanted.id)!
  if (found.instance.shape !== 'holding') return found
  const guests = observations
    .map(({ instance }) => instance)
    .filter((one) => one.allocation === wanted.id && one.phase !== 'ended')
  return { ...found, guests }
}

/** Nothing is asked about what is known to have ended. */
export function needsScheduler(context: Context, instance: Instance): boolean {
  if (instance.phase !== 'ended') return true
  if (isProvenEnd(instance)) return false
  const since = Date.parse(instance.endedAt ?? instance.intendedAt)
  return Math.abs(context.clock.now().getTime() - since) < DOUBT_MS
}

async function pollFor(
  context: Context,
  instances: readonly Instance[],
): Promise<ReadonlyMap<SchedulerKind, Queue>> {
  const kinds = [...new Set(instances.map(({ scheduler }) => scheduler))]
  const answers = await Promise.all(
    kinds.map(async (kind) => {
      const jobs = instances.filter(({ scheduler }) => scheduler === kind).map(identityOf)
      return [kind, await context.scheduler(kind).poll(jobs)] as const
    }),
  )
  return new Map(answers)
}

/** With the observation, what it was made of: needed until it is recorded. */
interface Finding extends Observation {
  sighting?: Sighting
  files?: MemberFiles
  guest?: GuestLook
}

async function lookAt(
  services: Services,
  instance: Instance,
  sighting: Sighting | undefined,
  askedAt: Date | undefined,
): Promise<Finding> {
  const isUnknown = sighting?.kind === 'silent' || sighting?.kind === 'elsewhere'
  const seen = {
    instance,
    sighting,
    job: sighting?.kind === 'seen' ? sighting.job : undefined,
    ...(isUnknown ? { staleSince: askedAt, trouble: sighting.trouble } : {}),
  }
  // Those that ended only grow in number: nothing is read of what can't change.
  if (isProvenEnd(instance)) return seen
  const [files, receipt, ready, stages, progress] = await Promise.all([
    readMembers(services, instance),
    readReceipt(instance.runDir, instance.token),
    instance.shape === 'holding' ? readReadyMark(instance.runDir, instance.token) : undefined,
    instance.phase === 'ended' ? undefined : readStages(services, instance),
    readProgress(services, instance),
  ])
  return { ...seen, files, endpoints: files.endpoints, receipt, ready, stages, progress }
}

/** A job that is held because its submitter was cut off is let go; one whose submission was given up is cancelled. */
async function repairOne(context: Context, look: Finding): Promise<void> {
  const { instance, job } = look
  if (job?.state !== 'held' || isBeingSubmitted(context, instance)) return
  const scheduler = context.scheduler(instance.scheduler)
  const identity = { ...identityOf(instance), id: job.id }
  try {
    if (wasGivenUp(instance)) await scheduler.cancel(identity, 'KILL')
    else if (instance.phase === 'intended' || instance.phase === 'held') {
      await scheduler.release(identity)
      job.state = 'pending'
    }
  } catch (error) {
    if (!(error instanceof AibenchError)) throw error
    const said = error.where ? [error.where] : []
    look.trouble = { answered: true, plain: [error.message, ...said].join(': '), said }
  }
}

/** Its submission was never answered, and it was not waited for any more. */
function wasGivenUp({ phase, jobId }: Instance): boolean {
  return phase === 'ended' && jobId === null
}

async function record(context: Context, looks: Finding[]): Promise<Observation[]> {
  const news: News[] = []
  const observations: Observation[] = []
  for (const look of looks) {
    const { instance } = look
    const change = newsOf(instance, await changesOf(context, look))
    observations.push({ ...observationOf(look), instance: { ...instance, ...change } })
    if (Object.keys(change).length > 0) news.push({ instance: { ...instance, ...change }, change })
  }
  if (news.length > 0) await keep(context, news)
  return doDueHooks(context, observations)
}

interface News {
  instance: Instance
  change: Partial<Instance>
}

function observationOf(look: Finding): Observation {
  const { sighting: _, files: __, guest: ___, ...observation } = look
  return observation
}

/** Of what was found out, what was not known. */
function newsOf(instance: Instance, found: Partial<Instance>): Partial<Instance> {
  const changed = Object.entries(found).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(instance[name as keyof Instance]),
  )
  return Object.fromEntries(changed) as Partial<Instance>
}

/** What can't be written now is found out again by the next look. */
async function keep(context: Context, news: readonly News[]): Promise<void> {
  try {
    for (const { instance } of news) {
      await updateJobRecord(instance)
      if (isProvenEnd(instance)) await clearAfterEnd(instance)
    }
    await context.state.update((draft) => {
      for (const { instance, change } of news) {
        const current = draft.instances[instance.id]
        // Another command may have moved it on meanwhile; an end that is proven stands.
        if (current && !isProvenEnd(current)) Object.assign(current, change)
      }
    })
  } catch (error) {
    if (!(error instanceof AibenchError)) throw error
    context.warn(`what was found out could not be recorded: ${error.message}`)
  }
}

async function changesOf(context: Context, look: Finding): Promise<Partial<Instance>> {
  const { instance, job, receipt, sighting, files = { endpoints: {}, ends: {} } } = look
  if (isProvenEnd(instance)) return {}
  const known: Partial<Instance> = {
    ...whereItRuns(look),
    cluster: clusterOf(instance, job),
    restarts: Math.max(
      instance.restarts,
      job?.restarts ?? 0,
      ...Object.values(files.endpoints).map(({ restarts }) => restarts),
      look.ready?.restarts ?? 0,
    ),
    submittedAt: instance.submittedAt ?? job?.submittedAt?.toISOString() ?? null,
    members: recordsOf(context, look, files),
  }
  const end = look.guest
    ? endOfGuest(context, instance, look.guest, receipt)
    : endOf(context, instance, sighting, receipt)
  if (end)
    return {
      ...known,
      phase: 'ended',
      submittingUntil: null,
      endedAt: end.at,
      outcome: {
        ...end.outcome,
        proof: end.proof,
        summary:
          end.summary ?? (await describeOutcome(context, instance, end.outcome, job, receipt)),
      },
    }
  const alive: Partial<Instance> = job
    ? { phase: phaseOf(context, { ...look, instance: { ...instance, ...known } }, job) }
    : withoutWord(look)
  if (alive.phase === 'ready' && look.ready) alive.readyAt = look.ready.at
  if (instance.phase === 'ended') {
    if (!job || (job.state === 'held' && wasGivenUp(instance))) return {}
    const hooks = { ready: null, ended: null }
    return { ...known, ...alive, endedAt: null, outcome: null, hooks }
  }
  const isReadyNoMore =
    instance.phase === 'ready' && ['starting', 'submitted'].includes(alive.phase ?? 'ready')
  return { ...known, ...alive, ...(isReadyNoMore ? { hooks: { ready: null, ended: null } } : {}) }
}

/** A guest runs in its holder's job, since its holder's script has begun it. */
function whereItRuns({ instance, job, receipt, guest }: Finding): Partial<Instance> {
  const { claim, isHandedOver = false } = guest?.files ?? {}
  const holder = isHandedOver ? guest?.holder?.instance : undefined
  const hasBegun = claim !== undefined && !claim.stopped
  const begunAt = receipt?.times.started ?? job?.startedAt?.toISOString()
  const nodes = job?.nodes.length ? job.nodes : hasBegun ? holder?.nodeList : undefined
  return {
    jobId: job?.id ?? instance.jobId ?? holder?.jobId ?? null,
    startedAt: begunAt ?? (hasBegun ? claim.at : instance.startedAt),
    nodeList: guest && !hasBegun ? [] : [...(nodes ?? instance.nodeList)],
  }
}

/** With several clusters to choose from, Slurm's choice is seen in its answer. */
function clusterOf(instance: Instance, job: JobStatus | undefined): Instance['cluster'] {
  const { cluster } = identityOf(instance)
  const seenIn = job?.cluster
  return seenIn && seenIn !== cluster?.name ? { name: seenIn, controller: null } : cluster
}

/** While the scheduler tells nothing, the job itself tells where it listens, and that it was asked to end. */
function withoutWord({
  instance,
  endpoints = {},
  receipt,
  ready,
  staleSince,
}: Finding): Partial<Instance> {
  if (!staleSince) return {}
  if (receipt && receipt.restarts >= instance.restarts) return { phase: 'stopping' }
  const waited = ['held', 'submitted'].includes(instance.phase)
  if (ready && ready.restarts >= instance.restarts) return { phase: 'ready' }
  return waited && Object.keys(endpoints).length > 0 ? { phase: 'starting' } : {}
}

function phaseOf(
  services: Services,
  { instance, receipt, ready }: Observation,
  job: JobStatus,
): Instance['phase'] {
  switch (job.state) {
    case 'held':
    case 'pending':
    case 'configuring':
      return job.state === 'held' && ['intended', 'held'].includes(instance.phase)
        ? 'held'
        : 'submitted'
    case 'running':
      if (receipt && receipt.restarts >= instance.restarts) return 'stopping'
      if (instance.shape === 'batch') return 'running'
      if (instance.shape === 'holding')
        return ready && ready.restarts >= instance.restarts ? 'ready' : 'starting'
      return instance.phase === 'ready' && areReady(services, instance) ? 'ready' : 'starting'
    case 'completing':
      return 'stopping'
    case 'suspended':
    case 'unknown':
    case 'ended':
      return instance.phase === 'ended' ? 'submitted' : instance.phase
  }
}
