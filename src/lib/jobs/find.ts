import { aibench } from '../platform/command-line.js'
import { NameNeededError, NotFoundError } from '../platform/errors.js'
import { nearest } from '../platform/nearest.js'
import type { Instance, State } from '../state/schema.js'
import type { Services } from './contract.js'
import { firstStart } from './start-again.js'

/**
 * The instance meant: by name or id, or the only one of the service that is alive. With none alive, the newest that ended:
 * logs and save are most wanted then.
 * @throws NotFoundError with the nearest names
 * @throws NameNeededError when no name was given and several are running
 */
export function findInstance(
  services: Services,
  state: State,
  service: string | undefined,
  name?: string,
  meant: Meant = 'work',
): Instance {
  const candidates = Object.values(state.instances)
    .filter((instance) => service === undefined || instance.service === service)
    .sort(aliveThenNewest)
  return name === undefined
    ? onlyOne(services, meantOf(candidates, meant), service)
    : byName(services, candidates, service, name)
}

/** Where nodes are held for runs, one word means either: what is done in them, or the allocation with all that is in it. */
export type Meant = 'work' | 'allocation'

/**
 * Of candidates that {@link aliveThenNewest} has sorted, those between which a service that holds nodes leaves a choice: the runs, above all
 * one at work, or the allocation. A run that was over before the allocation began is not what is asked about.
 */
function meantOf(candidates: Instance[], meant: Meant): Instance[] {
  const holders = candidates.filter(({ shape }) => shape === 'holding')
  if (holders.length === 0) return candidates
  const runs = candidates.filter(({ shape }) => shape !== 'holding')
  const [living, alive] = [holders, runs].map((some) => some.filter(isAliveInstance))
  if (meant === 'allocation') return living.length > 0 ? living : candidates
  const atWork = alive.filter(({ phase }) => phase === 'running')
  if (atWork.length === 1) return atWork
  if (alive.length > 0) return alive
  const since = living.at(0)?.intendedAt ?? ''
  const recent = runs.filter(({ intendedAt }) => intendedAt > since)
  if (recent.length > 0) return recent
  return living.length > 0 ? living : candidates
}

function byName(
  services: Services,
  candidates: Instance[],
  service: string | undefined,
  name: string,
): Instance {
  const found = candidates.find((instance) => instance.name === name || instance.id === name)
  if (found) return found
  const close = nearest(
    name,
    candidates.map((instance) => instance.name),
  )
  throw new NotFoundError(
    `There is no ${service === undefined ? '' : `${titleOf(services, service)} `}instance called "${name}"${close ? `; did you mean "${close}"?` : ''}`,
    {
      code: 'AIB_INSTANCE_UNKNOWN',
      hints: [aibench('status'), ...firstStart(services, service).slice(0, 1)],
    },
  )
}

function onlyOne(
  services: Services,
  candidates: Instance[],
  service: string | undefined,
): Instance {
  const alive = candidates.filter(isAliveInstance)
  if (alive.length > 1)
    throw new NameNeededError(
      `Several ${titleOf(services, service)} instances are running; name one`,
      alive.map(({ name }) => name),
    )
  if (candidates.length === 0)
    throw new NotFoundError(`There is no ${titleOf(services, service)} instance yet`, {
      code: 'AIB_INSTANCE_UNKNOWN',
      hints: firstStart(services, service),
    })
  return candidates[0]
}

export function isAliveInstance({ phase }: Instance): boolean {
  return phase !== 'ended'
}

export function aliveThenNewest(a: Instance, b: Instance): number {
  return (
    Number(isAliveInstance(b)) - Number(isAliveInstance(a)) ||
    b.intendedAt.localeCompare(a.intendedAt)
  )
}

function titleOf(services: Services, service: string | undefined): string {
  return (
    (service === undefined ? undefined : services.serviceIfKnown(service)?.title) ?? service ?? ''
  )
}
