import { join } from 'node:path'
import type { Envelope } from '../instrument/measure/envelope.js'
import type { MeasuredService, WorkerConfig } from '../instrument/process/worker-config.js'
import type { WorkerEvent } from '../instrument/process/worker-events.js'
import type { Context } from '../jobs/contract.js'
import { describeHardware } from '../platform/hardware-text.js'
import {
  aimedCommand,
  benchCommand,
  serverOf,
  warnIfInsecure,
  type ForeignRequest,
} from './foreign.js'
import type { AnySample, BenchmarkKind, BenchPlan } from './kind.js'
import { measuredService } from './measured-service.js'
import { asStep, ownAllocation } from './placement.js'
import { runBenchmark } from './run-benchmark.js'
import { openRun } from './run-record.js'
import { provenanceOf, targetOf } from './find-target.js'
import type { Target } from './target.js'
import { Telling } from './telling.js'

/** What a `bench` command was told; what is missing comes from the plan or the defaults. */
export interface BenchRequest<Asked> {
  service: string
  name?: string
  /** A server that aibench did not start. */
  foreign: ForeignRequest
  /** A plan's or result's file, a run's id, or `-` for stdin. */
  planFrom?: string
  /** Worker nodes besides the server's own; 0: workers run beside the server. */
  clientNodes?: number
  /** What the kind's own flags say. */
  asked: Asked
  /** What is measured, where the server's own word for it is not taken: `--served-model-name`. */
  subject?: string
  /** Tell nobody's figures to monitors that are there. */
  noMonitors?: boolean
  /** Say what the monitors cost meanwhile. */
  observer?: boolean
  /** Told everything the worker says, as it comes: for `--events`. */
  onEvent?(event: WorkerEvent<AnySample>): void
}

/**
 * Benchmarks a server from worker processes next to it.
 * @throws ThresholdError, InstrumentError or JobFailedError with the result as `data` when it was measured but is no success
 */
export async function bench<Plan extends BenchPlan, Result extends Envelope, Asked>(
  context: Context,
  kind: BenchmarkKind<Plan, Result, Asked>,
  request: BenchRequest<Asked>,
): Promise<Result> {
  const service = measuredService(context, request.service)
  const command = benchCommand(service)
  const asked = await kind.planOf(context, request.asked, {
    bench: command,
    from: request.planFrom,
  })
  const plan = { ...asked, server: serverOf(context, service, request, asked) }
  kind.refuse?.(plan, command)
  const target = await targetOf(context, service, {
    name: request.name,
    server: plan.server,
    neededMs: kind.neededMs(plan),
    shorter: `${command} ${kind.shorter}`,
  })
  const worker = [process.execPath, join(context.environment.installDir, 'dist/worker.js')]
  warnIfInsecure(context, plan.server)
  const spread = { nodes: request.clientNodes ?? 0, clients: plan.clients ?? 1 }
  const place =
    spread.nodes > 0
      ? ownAllocation(context, { target, bench: command }, worker, spread)
      : asStep(target, worker)
  const provenance = await provenanceOf(context, target)
  const subject = request.subject ?? target.subject
  const about = kind.about(plan, subject)
  context.progress.note(headerOf({ service, target, subject, provenance }, about.header))
  const run = await openRun(context, service.kind, target, about)
  const again = aimedCommand(`${command} --plan ${run.id}`, service, plan.server)
  const telling = request.noMonitors
    ? undefined
    : await Telling.to(
        context,
        {
          ...{ kind: kind.kind, run: run.id, service: service.kind },
          name: target.observation?.instance.name ?? target.label,
        },
        kind.told(plan, service.kind),
        { observes: request.observer },
      )
  if (request.observer && !telling)
    context.progress.note('--observer has nothing to report: no monitors receive this run')
  const parts = { runId: run.id, subject: request.subject ?? null, provenance }
  const config: WorkerConfig & { plan: Plan } = {
    kind: kind.kind,
    service,
    plan,
    url: place.url,
    tokenFile: place.tokenFile,
    ...(plan.server ? { access: plan.server } : {}),
    path: place.path,
    instance: target.observation?.instance.name ?? null,
    serverPid: place.serverPid,
    instanceDir: target.observation?.instance.runDir,
    workers: place.followers.map((argv) => [...argv]),
    runDir: run.dir,
    runId: run.id,
    ...(telling ? { tellsGrowth: true } : {}),
    provenance: plan.server ? { ...provenance, address: plan.server, again } : provenance,
    ...kind.config(context, parts),
  }
  return runBenchmark(context, kind, {
    ...{ run, service, target, plan, config, again, telling },
    argv: place.lead,
    startDeadlineMs: place.startDeadlineMs,
    onEvent: request.onEvent,
  })
}

/** What is going to be measured, said before anything is. */
function headerOf(
  parts: {
    service: MeasuredService
    target: Target
    subject: string | null
    provenance: Readonly<Record<string, unknown>>
  },
  header: ReturnType<BenchmarkKind['about']>['header'],
): string {
  const { service, target, subject, provenance } = parts
  const { profile, simulated } = provenance
  return [
    `${service.kind} bench`,
    simulated === true && 'SIMULATED: not real performance',
    target.label !== subject && target.label,
    ...header(describeHardware(provenance), typeof profile === 'string' ? profile : null),
  ]
    .filter(Boolean)
    .join(' · ')
}
