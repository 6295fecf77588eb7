import { basename, join } from 'node:path'
import { openAccess, type MeasuringPath, type ServerAddress } from '../instrument/http/access.js'
import { hello } from '../instrument/http/hello.js'
import { knock } from '../instrument/http/knock.js'
import type { MeasuredService } from '../instrument/process/worker-config.js'
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
import { aimed, benchCommand } from './foreign.js'
import { benchedService } from './measured-service.js'
import type { Target } from './target.js'

export interface TargetRequest {
  name?: string
  /** One that aibench did not start. */
  server: ServerAddress | null
  /** What the benchmark takes at least, for the wall-time check; null when it can't be told. */
  neededMs: number | null
  /** How to ask for less: a command. */
  shorter: string
}

/** @throws NotFoundError, PendingError or UsageError when the server is gone, not ready, or has too little time left */
export async function targetOf(
  context: Context,
  service: MeasuredService,
  request: TargetRequest,
): Promise<Target> {
  return request.server === null
    ? instanceTarget(context, service, request)
    : foreignTarget(service, request.server, benchedService(context, service.kind).bench.hello)
}

async function instanceTarget(
  context: Context,
  { kind }: MeasuredService,
  request: TargetRequest,
): Promise<Target> {
  const observation = await findReady(context, kind, request.name)
  refuseIfTooLong(context, observation, request)
  const { instance, endpoint } = observation
  const { beside, tokenFile } = reachOf(context, observation)
  const { bench, isSimulated } = benchedService(context, kind)
  return {
    label: instance.name,
    url: `${endpoint.scheme}://${endpoint.host}:${endpoint.port}`,
    subject: bench.subject?.(instance.options) ?? null,
    observation,
    beside,
    serverPid: endpoint.pid,
    tokenFile,
    server: null,
    headers: [],
    path: 'loopback',
    simulated: isSimulated?.(instance.options) ?? false,
  }
}

/**
 * Reads the files and opens a connection: a name that is mistyped or a certificate that is not known here is found before any work.
 * @throws UsageError, EnvironmentError or UnreachableError
 */
async function foreignTarget(
  service: MeasuredService,
  server: ServerAddress,
  paths: readonly string[],
): Promise<Target> {
  const url = new URL(server.url)
  try {
    const { headers, trust, http } = await openAccess(server.url, server)
    await knock(url, trust, benchCommand(service))
    const { simulated, gate } = await hello(http, server.url, paths)
    return {
      label: url.origin,
      url: server.url,
      observation: null,
      subject: null,
      beside: (argv) => argv,
      serverPid: null,
      tokenFile: server.tokenFile,
      server,
      headers: Object.keys(headers),
      path: gate && url.protocol === 'http:' ? 'gate' : pathOf(url),
      simulated,
    }
  } catch (error) {
    throw aimed(error, service, server)
  }
}

function pathOf({ protocol, hostname }: URL): MeasuringPath {
  if (protocol === 'https:') return 'https'
  return /^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname) ? 'loopback' : 'network'
}

function refuseIfTooLong(
  context: Context,
  observation: Observation,
  { neededMs, shorter }: TargetRequest,
): void {
  const { leftMs, name, service } = describeInstance(context, observation)
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
  { observation, headers, simulated }: Target,
): Promise<Record<string, unknown>> {
  const { environment, version } = context
  const client = {
    aibench: version,
    node: process.version,
    submittedFrom: environment.hostname,
    simulated,
  }
  if (!observation) return { ...client, cpu: cpuModel(), server: null, headers }
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
