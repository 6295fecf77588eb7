import type { MeasuringPath } from '../instrument/http/access.js'
import { commandOn } from '../platform/command-line.js'
import { EnvironmentError, UsageError } from '../platform/errors.js'
import type { Target } from './target.js'
import type { Context } from '../jobs/contract.js'
import { describeInstance } from '../jobs/describe.js'
import { startAgain } from '../jobs/start-again.js'
import { resourcesFor } from '../jobs/resources.js'

/** Where the workers run, and how they reach the server from there. */
export interface Placement {
  /** Command line of the lead worker. */
  lead: readonly string[]
  /** Of the others; empty: they run where the lead runs. */
  followers: (readonly string[])[]
  url: string
  tokenFile: string | null
  serverPid: number | null
  /** Of the lead's start; absent where it is a matter of seconds. */
  startDeadlineMs?: number
  path: MeasuringPath
}

/** The queue of an allocation of their own. */
const QUEUE_DEADLINE_MS = 60 * 60_000

/** Beside the server, on its own node. */
export function asStep(target: Target, worker: readonly string[]): Placement {
  const { url, tokenFile, serverPid, path } = target
  return { lead: target.beside(worker), followers: [], url, tokenFile, serverPid, path }
}

/**
 * On `nodes` nodes of a job of their own, in turn; it ends with the benchmark. From there the server is reached through its gate.
 * @throws UsageError or EnvironmentError when there are no other nodes, or no way to the server from them
 */
export function ownAllocation(
  context: Context,
  { target, bench }: { target: Target; bench: string },
  worker: readonly string[],
  { nodes, clients }: { nodes: number; clients: number },
): Placement {
  const { observation } = target
  if (!observation)
    throw new UsageError('--client-nodes goes with a server that aibench started', {
      hints: [`${bench} --url URL --clients 4`],
    })
  if (clients < nodes)
    throw new UsageError(`${clients} workers can't be spread over ${nodes} nodes`, {
      hints: [`${bench} --clients ${nodes} --client-nodes ${nodes}`],
    })
  const { instance, job } = observation
  const { endpoint, leftMs, cluster } = describeInstance(context, observation)
  if (!endpoint?.exposed)
    throw new EnvironmentError(`${instance.name} can't be reached from other nodes`, {
      code: 'AIB_NOT_EXPOSED',
      hints: [commandOn(instance, 'stop'), startAgain(context, instance, '--expose --wait')],
    })
  const scheduler = context.scheduler(instance.scheduler)
  const service = context.service(instance.service)
  const { account, qos } = resourcesFor(context.settings, service.resources(instance.options), {})
  const lead = scheduler.ownAllocation(worker, {
    clusters: cluster ?? undefined,
    ...{ nodes, account, qos: job?.qos ?? qos, partition: job?.partition },
    timeLimitMs: Math.max(60_000, leftMs ?? instance.timeLimitMs),
  })
  if (!lead)
    throw new UsageError('--client-nodes needs Slurm: there are no other nodes here', {
      hints: [`${bench} --clients 2`],
    })
  return {
    lead,
    followers: Array.from({ length: clients - 1 }, (_, i) =>
      scheduler.step(null, worker, { onNode: (i + 1) % nodes }),
    ),
    url: endpoint.exposed.url,
    tokenFile: endpoint.exposed.tokenFile,
    serverPid: null,
    startDeadlineMs: QUEUE_DEADLINE_MS,
    path: 'gate',
  }
}
