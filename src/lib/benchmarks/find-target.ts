import { basename, join } from 'node:path'
import type { ServerAddress } from '../instrument/http/access.js'
import { UsageError } from '../platform/errors.js'
import { readJsonIfThere } from '../platform/files.js'
import { cpuModel } from '../platform/machine.js'
import { formatDuration } from '../platform/units.js'
import type { Context } from '../jobs/contract.js'
import { describeInstance } from '../jobs/describe.js'
import { readFacts } from '../jobs/facts.js'
import { findReady } from '../jobs/find-ready.js'
import { endpointOf, mainMember } from '../jobs/members.js'
import type { Observation } from '../jobs/observation.js'
import { reachOf } from '../jobs/ready.js'
import { foreignTarget } from './foreign.js'
import type { Target } from './target.js'

export interface TargetRequest {
  service: string
  name?: string
  /** One that aibench did not start. */
  server: ServerAddress | null
  /** What the benchmark takes at least, for the wall-time check; null when it can't be told. */
  neededMs: number | null
  /** How to ask for less: a command. */
  shorter: string
}

/** @throws NotFoundError, PendingError or UsageError when the server is gone, not ready, or has too little time left */
export async function targetOf(context: Context, request: TargetRequest): Promise<Target> {
  return request.server === null
    ? instanceTarget(context, request)
    : foreignTarget(request.service, request.server)
}

async function instanceTarget(context: Context, request: TargetRequest): Promise<Target> {
  const observation = await findReady(context, request.service, request.name)
  refuseIfTooLong(context, observation, request)
  const { instance, endpoint } = observation
  const { beside, tokenFile } = reachOf(context, observation)
  return {
    label: instance.name,
    url: `${endpoint.scheme}://${endpoint.host}:${endpoint.port}`,
    observation,
    beside,
    serverPid: endpoint.pid,
    tokenFile,
    ...{ server: null, headers: [], path: 'loopback', simulated: false },
  }
}

function refuseIfTooLong(
  context: Context,
  observation: Observation,
  { service, neededMs, shorter }: TargetRequest,
): void {
  const { leftMs, name } = describeInstance(context, observation)
  if (neededMs === null || leftMs === null || neededMs <= leftMs) return
  throw new UsageError(
    `The benchmark needs about ${formatDuration(neededMs)}, but ${name} has only ${formatDuration(leftMs)} left`,
    {
      code: 'AIB_WALLTIME',
      hints: [shorter, `aibench ${service} start --time 2h`],
    },
  )
}

/** Where and with what it was measured: goes into the result as it is. */
export async function provenanceOf(
  context: Context,
  { observation, headers }: Target,
): Promise<Record<string, unknown>> {
  const { environment, version } = context
  const client = { aibench: version, node: process.version, submittedFrom: environment.hostname }
  if (!observation)
    return {
      ...client,
      cpu: cpuModel(),
      server: null,
      headers,
    }
  const { instance } = observation
  const record = (await readJsonIfThere(join(instance.runDir, 'job.json'))) as
    { provenance?: Record<string, unknown> } | undefined
  return {
    ...client,
    scheduler: await context.scheduler(instance.scheduler).version(),
    jobId: instance.jobId,
    nodes: instance.nodeList,
    /** Who else could have reached the server meanwhile: whoever has the token, or every user of its node. */
    access: accessOf(context, observation),
    instance: { id: instance.id, name: instance.name, runDir: basename(instance.runDir) },
    profile: instance.options.profile ?? null,
    server: record?.provenance ?? null,
    ...(await readFacts(context, instance)),
  }
}

function accessOf(context: Context, { instance }: Observation): 'token' | 'node' {
  const isClosed = endpointOf(context, instance)?.closed === true
  return isClosed || mainMember(context, instance)?.secret ? 'token' : 'node'
}
