import { basename, join } from 'node:path'
import type { VectorPlan } from '../../bench/vectors/plan.js'
import { UsageError } from '../../platform/errors.js'
import { readJsonIfThere } from '../../platform/files.js'
import { cpuModel } from '../../platform/machine.js'
import { formatDuration } from '../../platform/units.js'
import type { Context } from '../contract.js'
import { describeInstance } from '../lifecycle/describe.js'
import { findReady } from '../lifecycle/find-ready.js'
import type { Observation } from '../lifecycle/observe.js'
import { reachOf } from '../lifecycle/ready.js'
import type { VectorBenchRequest } from '../reports.js'

/** Of ingest, ground truth and start of the worker, on top of the measured time. A rough bound, for the wall-time check only. */
const OVERHEAD_MS = 20_000

/** Where the load goes: an instance of ours, or somebody's server of which only the address is known. */
export interface Target {
  label: string
  url: string
  observation: Observation | null
  beside(argv: readonly string[]): readonly string[]
  serverPid: number | null
}

/** @throws JobFailedError, PendingError or UsageError when the server is gone, not ready, or has too little time left */
export async function targetOf(
  context: Context,
  request: VectorBenchRequest,
  plan: VectorPlan,
): Promise<Target> {
  return request.url ? foreignTarget(request.url) : instanceTarget(context, request, plan)
}

function foreignTarget(url: string): Target {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    throw new UsageError(`--url is no address: "${url}"`, {
      hints: ['aibench chroma bench --url http://127.0.0.1:8000'],
    })
  }
  if (parsed.protocol !== 'http:')
    throw new UsageError(`--url must begin with http://, not ${parsed.protocol}//`)
  return {
    label: parsed.origin,
    url: parsed.origin,
    observation: null,
    beside: (argv) => argv,
    serverPid: null,
  }
}

async function instanceTarget(
  context: Context,
  { name }: VectorBenchRequest,
  plan: VectorPlan,
): Promise<Target> {
  const observation = await findReady(context, 'chroma', name)
  const { instance, endpoint } = observation
  refuseIfTooLong(context, observation, plan)
  const reach = reachOf(context, observation)
  return {
    label: instance.name,
    url: `${endpoint.scheme}://${endpoint.host}:${endpoint.port}`,
    observation,
    beside: reach.beside,
    serverPid: endpoint.pid,
  }
}

function refuseIfTooLong(context: Context, observation: Observation, plan: VectorPlan): void {
  const { leftMs, name } = describeInstance(context, observation)
  const neededMs = plan.concurrency.length * plan.repeats * plan.durationMs + OVERHEAD_MS
  if (leftMs === null || neededMs <= leftMs) return
  throw new UsageError(
    `The benchmark needs about ${formatDuration(neededMs)}, but ${name} has only ${formatDuration(leftMs)} left`,
    {
      code: 'AIB_WALLTIME',
      hints: ['aibench chroma bench --duration 2s --repeats 1', 'aibench chroma start --time 2h'],
    },
  )
}

/** Where and with what it was measured: goes into the result as it is. */
export async function provenanceOf(
  context: Context,
  { observation }: Target,
): Promise<Record<string, unknown>> {
  const { environment, version } = context
  const client = { aibench: version, node: process.version, submittedFrom: environment.hostname }
  if (!observation) return { ...client, cpu: cpuModel(), server: null }
  const { instance } = observation
  const record = (await readJsonIfThere(join(instance.runDir, 'job.json'))) as
    { provenance?: Record<string, unknown> } | undefined
  return {
    ...client,
    scheduler: await context.scheduler(instance.scheduler).version(),
    jobId: instance.jobId,
    nodes: instance.nodeList,
    instance: { id: instance.id, name: instance.name, runDir: basename(instance.runDir) },
    profile: instance.options.profile ?? null,
    server: record?.provenance ?? null,
  }
}
