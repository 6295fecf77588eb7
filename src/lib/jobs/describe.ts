import { join } from 'node:path'
import * as v from 'valibot'
import type { Instance, OutcomeRecord } from '../state/schema.js'
import { commandOn, isCommand } from '../platform/command-line.js'
import type { Context, Services } from './contract.js'
import type { Exposure } from './exposure.js'
import type { EndpointReport, InstanceReport, InstanceSummary } from './reports.js'
import { GATE_TOKEN, headerFileOf } from './token-files.js'
import { identityOf } from './identity.js'
import type { Observation } from './observation.js'
import { stageReports } from './stages.js'
import { startAgain } from './start-again.js'

/** Turns what was observed into what is shown. */
export function describeInstance(
  context: Context,
  observation: Observation,
  detail: string | null = null,
): InstanceReport {
  const { instance, job, staleSince, trouble } = observation
  const now = context.clock.now().getTime()
  const upMs = upMsOf(instance, now)
  const summary = summaryOf(observation)
  const endpoint = endpointOf(context, instance, observation.facts?.exposure)
  const reportWithoutNext = {
    id: instance.id,
    name: instance.name,
    service: instance.service,
    scheduler: instance.scheduler,
    phase: instance.phase,
    jobId: instance.jobId,
    cluster: identityOf(instance).cluster?.name ?? null,
    jobState: job?.state ?? null,
    summary,
    reason: job?.reason ?? null,
    outcome: instance.outcome,
    node: instance.endpoint?.node ?? instance.nodeList[0] ?? null,
    nodes: instance.nodeList,
    endpoint,
    tunnel: tunnelTo(context, instance),
    call: callOf(context, instance, endpoint),
    version: instance.version,
    options: instance.options,
    startFlags: startFlagsOf(context, instance),
    simulated: context.service(instance.service).isSimulated?.(instance.options) ?? false,
    stages: stageReports(context, observation, now),
    hardware: observation.facts?.hardware ?? null,
    engine: observation.facts?.engine ?? null,
    partition: job?.partition ?? null,
    qos: job?.qos ?? null,
    submittedAt: instance.submittedAt,
    expectedStart: job?.expectedStart?.toISOString() ?? null,
    startedAt: instance.startedAt,
    readyAt: instance.readyAt,
    endedAt: instance.endedAt,
    upMs,
    leftMs: leftMs(context, observation, now),
    nodeHours: nodeHoursOf(instance, now),
    runDir: instance.runDir,
    lastResult: instance.lastResult,
    staleSince: staleSince?.toISOString() ?? null,
    trouble: trouble?.plain ?? null,
    detail: detail ?? outcomeDetail(instance.outcome),
  }
  return { ...reportWithoutNext, next: nextCommands(context, reportWithoutNext, instance) }
}

/** How long it has run, or ran; null when it did not. */
function upMsOf({ startedAt, endedAt }: Instance, nowMs: number): number | null {
  if (startedAt === null) return null
  return Math.max(0, (endedAt === null ? nowMs : Date.parse(endedAt)) - Date.parse(startedAt))
}

export function nodeHoursOf(instance: Instance, nowMs: number): number {
  return ((upMsOf(instance, nowMs) ?? 0) * instance.nodes) / 3_600_000
}

export function summaryOf({ instance, job }: Observation): InstanceSummary {
  switch (instance.phase) {
    case 'intended':
      return 'unknown'
    case 'held':
    case 'submitted':
      return 'queued'
    case 'starting':
    case 'ready':
      if (job?.state === 'suspended') return 'suspended'
      return instance.phase
    case 'stopping':
      return 'stopping'
    case 'ended':
      if (instance.outcome?.kind === 'lost') return 'lost'
      return instance.outcome?.kind === 'completed' || instance.outcome?.kind === 'cancelled'
        ? 'ended'
        : 'failed'
  }
}

/** Options that another version wrote may lack some of ours. */
function startFlagsOf(services: Services, { service, options }: Instance): readonly string[] {
  const { options: schema, startFlags } = services.service(service)
  const parsed = v.safeParse(schema, options)
  return parsed.success ? startFlags(parsed.output) : []
}

/** Where the token of an instance lies; null for a service that asks for none. */
export function tokenFileOf(services: Services, { service, runDir }: Instance): string | null {
  const { tokenName } = services.service(service)
  return tokenName ? join(runDir, tokenName) : null
}

function endpointOf(
  services: Services,
  instance: Instance,
  probed?: Exposure,
): EndpointReport | null {
  const { endpoint, phase, runDir } = instance
  if (!endpoint || phase === 'ended') return null
  const { exposed, closed } = endpoint
  return {
    // Of a server in a network of its own the gate is all that others see.
    url: addressOf(endpoint),
    node: endpoint.node,
    loopbackOnly: endpoint.host === '127.0.0.1' || endpoint.host === '::1',
    tokenFile: closed ? join(runDir, GATE_TOKEN) : tokenFileOf(services, instance),
    exposed:
      exposed && !closed
        ? {
            url: `http://${exposed.host}:${exposed.port}`,
            tokenFile: join(runDir, GATE_TOKEN),
            reachedFrom: hosts(exposed.reachedFrom, probed?.isReached && probed.from),
            unreachedFrom: hosts(exposed.unreachedFrom, !probed?.isReached && probed?.from),
          }
        : null,
  }
}

function hosts(...names: readonly (string | false | undefined)[]): string[] {
  return names.filter((name) => typeof name === 'string')
}

function addressOf(endpoint: NonNullable<Instance['endpoint']>): string {
  const { host, port } = wayIn(endpoint)
  return `${endpoint.scheme}://${host}:${port}`
}

function wayIn({ host, port, exposed, closed }: NonNullable<Instance['endpoint']>) {
  return closed && exposed ? exposed : { host, port }
}

/** Through the gate where there is one; else on the server's own port, which is also the tunnel's. curl reads the header from its file. */
function callOf(
  services: Services,
  { service }: Instance,
  endpoint: EndpointReport | null,
): string | null {
  const { callPath } = services.service(service)
  if (!endpoint || !callPath) return null
  const { url, tokenFile } = endpoint.exposed ?? endpoint
  const header = tokenFile === null ? '' : `-H @${headerFileOf(tokenFile)} `
  return `curl ${header}${url}${callPath}`
}

/**
 * Reaches a server that listens on its node's loopback: ssh to the node through the login node. Only useful from elsewhere;
 * a local instance needs none.
 */
function tunnelTo(context: Context, { endpoint, scheduler, phase }: Instance): string | null {
  if (!endpoint || scheduler === 'local' || phase === 'ended') return null
  const login =
    context.settings.get('login.tunnel') ??
    `${context.environment.user}@${context.environment.hostname}`
  const { node } = endpoint
  const { host, port } = wayIn(endpoint)
  return `ssh -N -L 127.0.0.1:${port}:${host}:${port} -J ${login} ${context.environment.user}@${node}`
}

/** How long it surely serves: the job's script is told to end before the time limit. */
function leftMs(context: Context, { instance, job }: Observation, nowMs: number): number | null {
  if (instance.phase === 'ended') return null
  const end =
    job?.endsAt?.getTime() ??
    (instance.startedAt ? Date.parse(instance.startedAt) + instance.timeLimitMs : undefined)
  const warningMs = context.scheduler(instance.scheduler).warningMs(instance.timeLimitMs)
  return end === undefined || instance.startedAt === null
    ? null
    : Math.max(0, end - warningMs - nowMs)
}

function outcomeDetail(outcome: OutcomeRecord | null): string | null {
  return outcome?.summary ?? null
}

function nextCommands(
  services: Services,
  report: Omit<InstanceReport, 'next'>,
  instance: Pick<Instance, 'service' | 'name' | 'options' | 'nodes' | 'scheduler'>,
): string[] {
  const command = (verb: string, ...words: string[]) => commandOn(report, verb, ...words)
  switch (report.summary) {
    case 'queued': {
      const next = report.reason?.next
      return [
        ...(next && isCommand(next) ? [next] : []),
        command('check', '--wait'),
        command('stop'),
      ]
    }
    case 'starting':
    case 'unknown':
      return [command('check', '--wait'), command('logs', '-f')]
    case 'ready':
      return [command('bench'), command('logs', '-f'), command('stop')]
    case 'failed':
    case 'lost':
      return [command('logs', '--stderr'), startAgain(services, instance)]
    case 'ended':
      return [command('save'), startAgain(services, instance)]
    case 'stopping':
    case 'suspended':
      return [command('check')]
  }
}
