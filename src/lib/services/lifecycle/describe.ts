import type { Instance, OutcomeRecord } from '../../state/schema.js'
import type { Context } from '../contract.js'
import type { InstanceReport, InstanceSummary } from '../reports.js'
import type { Observation } from './observe.js'

/** Turns what was observed into what is shown. */
export function describeInstance(
  context: Context,
  observation: Observation,
  detail: string | null = null,
): InstanceReport {
  const { instance, job, staleSince } = observation
  const now = context.clock.now().getTime()
  const since = (time: string | null) => (time === null ? null : Date.parse(time))
  const startedMs = since(instance.startedAt)
  const endMs = since(instance.endedAt) ?? now
  const upMs = startedMs === null ? null : Math.max(0, endMs - startedMs)
  const summary = summaryOf(observation)
  const reportWithoutNext = {
    id: instance.id,
    name: instance.name,
    service: instance.service,
    scheduler: instance.scheduler,
    phase: instance.phase,
    jobId: instance.jobId,
    jobState: job?.state ?? null,
    summary,
    reason: job?.reason ?? null,
    outcome: instance.outcome,
    node: instance.endpoint?.node ?? instance.nodeList[0] ?? null,
    nodes: instance.nodeList,
    endpoint: endpointOf(instance),
    tunnel: tunnelTo(context, instance),
    version: instance.version,
    options: instance.options,
    partition: job?.partition ?? null,
    qos: job?.qos ?? null,
    submittedAt: instance.submittedAt,
    expectedStart: job?.expectedStart?.toISOString() ?? null,
    startedAt: instance.startedAt,
    readyAt: instance.readyAt,
    endedAt: instance.endedAt,
    upMs,
    leftMs: leftMs(observation, now),
    nodeHours: ((upMs ?? 0) * instance.nodes) / 3_600_000,
    runDir: instance.runDir,
    lastResult: instance.lastResult,
    staleSince: staleSince?.toISOString() ?? null,
    detail: detail ?? outcomeDetail(instance.outcome),
  }
  return { ...reportWithoutNext, next: nextCommands(reportWithoutNext) }
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

function endpointOf({ endpoint, phase }: Instance): InstanceReport['endpoint'] {
  if (!endpoint || phase === 'ended') return null
  return {
    url: `${endpoint.scheme}://${endpoint.host}:${endpoint.port}`,
    node: endpoint.node,
    loopbackOnly: endpoint.host === '127.0.0.1' || endpoint.host === '::1',
  }
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
  const { host, port, node } = endpoint
  return `ssh -N -L 127.0.0.1:${port}:${host}:${port} -J ${login} ${context.environment.user}@${node}`
}

function leftMs({ instance, job }: Observation, nowMs: number): number | null {
  if (instance.phase === 'ended') return null
  const end =
    job?.endsAt?.getTime() ??
    (instance.startedAt ? Date.parse(instance.startedAt) + instance.timeLimitMs : undefined)
  return end === undefined || instance.startedAt === null ? null : Math.max(0, end - nowMs)
}

function outcomeDetail(outcome: OutcomeRecord | null): string | null {
  return outcome?.summary ?? null
}

function nextCommands(report: Omit<InstanceReport, 'next'>): string[] {
  const command = (verb: string) => `aibench ${report.service} ${verb} ${report.name}`
  switch (report.summary) {
    case 'queued':
      return [
        ...(report.reason?.next ? [report.reason.next] : []),
        `${command('check')} --wait`,
        command('stop'),
      ]
    case 'starting':
    case 'unknown':
      return [`${command('check')} --wait`, `${command('logs')} -f`]
    case 'ready':
      return [command('bench'), `${command('logs')} -f`, command('stop')]
    case 'failed':
    case 'lost':
      return [`${command('logs')} --stderr`, `aibench ${report.service} start`]
    case 'ended':
      return [command('save'), `aibench ${report.service} start`]
    case 'stopping':
    case 'suspended':
      return [command('check')]
  }
}
