import { aibench } from '../platform/command-line.js'
import { NotFoundError, PendingError, UsageError } from '../platform/errors.js'
import { nearest } from '../platform/nearest.js'
import { formatDuration } from '../platform/units.js'
import type { Resources } from '../scheduler/contract.js'
import type { Instance } from '../state/schema.js'
import type { Context, Holder, Workload } from './contract.js'
import { leftMs } from './describe.js'
import { isAliveInstance } from './find.js'
import { reconcile } from './reconcile.js'
import type { StartRequest } from './reports.js'
import { shapeOf } from './shape.js'

/** As `--in` says it: a job of its own, whatever is held. */
export const OWN_JOB = 'none'

/**
 * In whose allocation a start is to run: the one that `--in` names; else the one that is held by an instance of the same service, which is
 * waited for when it is not ready yet.
 * @returns undefined for a job of its own
 * @throws NotFoundError or UsageError for what can't be asked for
 */
export async function holderFor(
  context: Context,
  service: Workload,
  options: Record<string, unknown>,
  request: Pick<StartRequest, 'in' | 'scheduler'>,
): Promise<Holder | undefined> {
  const mayBeGuest = shapeOf(service, options) === 'batch'
  if (request.in === OWN_JOB || (request.in === undefined && !mayBeGuest)) return undefined
  if (!mayBeGuest)
    throw new UsageError(
      `--in is for programs that run to their end; this one would keep the nodes of ${request.in}`,
      { code: 'AIB_NO_GUEST' },
    )
  const holders = Object.values((await context.state.read()).instances).filter(
    (one) => one.shape === 'holding' && isAliveInstance(one),
  )
  const wanted =
    request.in === undefined
      ? onlyOwn(holders, service.kind, request.scheduler)
      : named(holders, request.in, request.scheduler)
  if (!wanted) return undefined
  const [observation] = await reconcile(context, [wanted])
  const { instance } = observation
  if (['ended', 'stopping'].includes(instance.phase)) {
    if (request.in === undefined) return undefined
    throw new NotFoundError(
      `${instance.name} does not hold its nodes any more (${instance.outcome?.summary ?? 'it is stopping'})`,
      { code: 'AIB_HOLDER_ENDED', hints: [aibench('status'), `--in ${OWN_JOB}`] },
    )
  }
  if (instance.jobId === null)
    throw new PendingError(`${instance.name} has no job yet`, {
      hints: [aibench(instance.service, 'check', instance.name, '--wait'), `--in ${OWN_JOB}`],
    })
  return { instance, leftMs: leftMs(context, observation, context.clock.now().getTime()) }
}

function onlyOwn(
  holders: readonly Instance[],
  kind: string,
  scheduler: Instance['scheduler'] | undefined,
): Instance | undefined {
  const own = holders.filter(
    (one) => one.service === kind && (scheduler === undefined || one.scheduler === scheduler),
  )
  if (own.length > 1)
    throw new UsageError(
      `Several allocations are held: ${own.map(({ name }) => name).join(', ')}`,
      {
        code: 'AIB_HOLDER_NEEDED',
        hints: [...own.map(({ name }) => `--in ${name}`), `--in ${OWN_JOB}`],
      },
    )
  return own.at(0)
}

function named(
  holders: readonly Instance[],
  name: string,
  scheduler: Instance['scheduler'] | undefined,
): Instance {
  const found = holders.find((one) => one.name === name || one.id === name)
  const names = holders.map((one) => one.name)
  if (!found) {
    const close = nearest(name, names)
    throw new NotFoundError(
      `No allocation called "${name}" is held${close ? `; did you mean "${close}"?` : ''}`,
      {
        code: 'AIB_HOLDER_UNKNOWN',
        hints: [...names.map((one) => `--in ${one}`), `--in ${OWN_JOB}`, aibench('status')],
      },
    )
  }
  if (scheduler !== undefined && scheduler !== found.scheduler)
    throw new UsageError(`${name} is held by the ${found.scheduler} scheduler, not by ${scheduler}`)
  return found
}

/**
 * What a guest may use: its holder's nodes, all of them unless fewer were asked for.
 * @throws UsageError for what the allocation has not
 */
export function resourcesOfGuest(
  { instance: holder, leftMs }: Holder,
  all: Resources,
  asked: Partial<Resources>,
): Resources {
  const { nodes = holder.nodes, timeLimitMs = holder.timeLimitMs } = asked
  const hints = [`--in ${OWN_JOB}`]
  if (nodes > holder.nodes)
    throw new UsageError(
      `${nodes} nodes were asked for, and ${holder.name} holds ${holder.nodes === 1 ? 'one' : holder.nodes}`,
      { code: 'AIB_HOLDER_TOO_SMALL', hints: [`--nodes ${holder.nodes}`, ...hints] },
    )
  const left = leftMs ?? holder.timeLimitMs
  if (asked.timeLimitMs !== undefined && timeLimitMs > left)
    throw new UsageError(
      `${formatDuration(timeLimitMs)} were asked for, and ${holder.name} has ${formatDuration(left)} left`,
      { code: 'AIB_HOLDER_TOO_SHORT', hints },
    )
  const tasksPerNode = asked.tasksPerNode ?? holder.tasksPerNode ?? all.tasksPerNode
  return { ...all, nodes, timeLimitMs, tasksPerNode }
}

/** What only a job of its own could be asked for, as it is typed. */
const OF_A_JOB: Partial<Record<keyof Resources, string>> = {
  account: '--account',
  partition: '--partition',
  qos: '--qos',
  memory: '--mem',
  constraint: '--constraint',
  reservation: '--reservation',
  exclusive: '--exclusive',
  clusters: '--clusters',
  sbatchArgs: '--sbatch-arg',
}

export function flagsInVain(asked: Partial<Resources>): string[] {
  return Object.keys(asked).flatMap((name) => OF_A_JOB[name as keyof Resources] ?? [])
}
