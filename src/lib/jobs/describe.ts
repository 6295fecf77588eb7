import { keptOptions, startFlagsOf } from './kept-options.js'
import type { Instance, OutcomeRecord } from '../state/schema.js'
import { aibench, commandOn, isCommand } from '../platform/command-line.js'
import type { Context, Services } from './contract.js'
import { memberReports } from './addresses.js'
import { identityOf } from './identity.js'
import { endpointOf, logMeant } from './members.js'
import type { Observation } from './observation.js'
import type { InstanceReport, InstanceSummary, MemberReport } from './reports.js'
import { stageReports } from './stages.js'
import { startAgain } from './start-again.js'
import { tunnelTo } from './tunnel.js'

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
  const workload = context.serviceIfKnown(instance.service)
  const members = memberReports(context, instance, observation.facts?.exposure)
  const tunnel = tunnelTo(context, instance)
  const reportWithoutNext = {
    id: instance.id,
    name: instance.name,
    service: instance.service,
    shape: instance.shape,
    scheduler: instance.scheduler,
    allocation: instance.allocation,
    allocationName: observation.holder?.name ?? null,
    guests: (observation.guests ?? []).map(({ id, name, service, phase }) => {
      return { id, name, service, phase }
    }),
    phase: instance.phase,
    jobId: instance.jobId,
    cluster: identityOf(instance).cluster?.name ?? null,
    jobState: job?.state ?? null,
    summary,
    reason: job?.reason ?? null,
    outcome: instance.outcome,
    node: endpointOf(context, instance)?.node ?? instance.nodeList[0] ?? null,
    nodes: instance.nodeList,
    endpoint: members[0]?.endpoint ?? null,
    tunnel: tunnel?.command ?? null,
    sshConfig: tunnel?.config ?? null,
    call: members[0]?.call ?? null,
    members,
    progress: observation.progress ?? null,
    version: instance.version,
    options: instance.options,
    startFlags: (workload && startFlagsOf(workload, instance.options)) ?? [],
    simulated: workload?.isSimulated?.(instance.options) ?? false,
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
    detail:
      detail ??
      outcomeDetail(instance.outcome) ??
      failedText(members) ??
      (workload ? null : `this version of aibench does not know the service ${instance.service}`),
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
    case 'running':
      if (job?.state === 'suspended') return 'suspended'
      return instance.phase
    case 'stopping':
      return 'stopping'
    case 'ended':
      if (instance.outcome?.kind === 'lost') return 'lost'
      if (instance.outcome?.kind === 'cancelled') return 'ended'
      if (instance.outcome?.kind !== 'completed') return 'failed'
      // A server that ended in good order was told to; a batch job has done what it was for.
      return instance.shape === 'batch' ? 'completed' : 'ended'
  }
}

/** How long it surely serves: the job's script is told to end before the time limit. */
export function leftMs(
  context: Context,
  { instance, job, holder = instance }: Observation,
  nowMs: number,
): number | null {
  if (instance.phase === 'ended') return null
  const end =
    job?.endsAt?.getTime() ??
    (instance.startedAt ? Date.parse(instance.startedAt) + instance.timeLimitMs : undefined)
  const workload = context.serviceIfKnown(holder.service)
  const options = workload && keptOptions(workload, holder.options)
  const needs = options?.success ? workload?.resources(options.output) : undefined
  const { timeLimitMs } = holder
  const warningMs = context.scheduler(instance.scheduler).warningMs({
    ...{ timeLimitMs, endsWithinS: needs?.endsWithinS },
  })
  return end === undefined || instance.startedAt === null
    ? null
    : Math.max(0, end - warningMs - nowMs)
}

function outcomeDetail(outcome: OutcomeRecord | null): string | null {
  return outcome?.summary ?? null
}

/** Of members that it lives on without. */
function failedText(members: readonly MemberReport[]): string | null {
  const failed = members.filter(({ state }) => state === 'failed')
  return failed.map(({ title, detail }) => `${title} ${detail}`).join('; ') || null
}

function nextCommands(
  services: Services,
  report: Omit<InstanceReport, 'next'>,
  instance: Pick<Instance, 'service' | 'name' | 'options' | 'nodes' | 'scheduler'>,
): string[] {
  const command = (verb: string, ...words: string[]) => commandOn(report, verb, ...words)
  const ended = () => {
    const workload = services.serviceIfKnown(instance.service)
    const isRun = report.shape === 'batch' && workload?.shape === 'batch' && report.startedAt
    return isRun ? (workload.whenEnded ?? []).map((verb) => command(verb)) : []
  }
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
    case 'ready': {
      const verbs = services.serviceIfKnown(instance.service)?.whenReady ?? []
      const own = verbs.map((verb) =>
        report.shape === 'holding' ? inHolder(instance, verb) : command(verb),
      )
      return [...own, command('logs', '-f'), command('stop')]
    }
    case 'running':
      return [command('check', '--wait'), command('logs', '-f'), command('stop')]
    case 'failed':
    case 'lost':
      return [
        ...ended(),
        command('logs', logMeant(instance.service, report.members)),
        startAgain(services, instance),
      ]
    case 'ended':
    case 'completed':
      return [...ended(), command('save'), startAgain(services, instance)]
    case 'stopping':
    case 'suspended':
      return [command('check')]
  }
}

/** What is started in it; of several that are held it has to be named. */
function inHolder({ service, name }: Pick<Instance, 'service' | 'name'>, verb: string): string {
  return aibench(service, verb, ...(name === service ? [] : ['--in', name]))
}
