import type { Step } from '../platform/progress.js'
import { formatSeconds } from '../platform/units.js'
import type { EndpointRecord, Instance } from '../state/schema.js'
import type { BatchProgress, Context } from './contract.js'
import { endpointOf, mainMember } from './members.js'
import type { Observation } from './observation.js'
import { progressText } from './progress.js'
import { stageReports } from './stages.js'

/**
 * Draws a start, one step a stage: queued, started, ready; of a batch job queued, running; of a job that holds its nodes the same as of a
 * server, with what it does to prove itself; of a service whose log tells more (see `Member.stages`), its own stages
 * between the queue and the end.
 */
export class WaitDrawer {
  readonly #context: Context
  readonly #isLocal: boolean
  #stage = ''
  #step: Step | undefined
  /** Stages of the log, or parts of a batch job, that have a step already. */
  #drawn = 0

  constructor(context: Context, instance: Instance) {
    this.#context = context
    this.#isLocal = instance.scheduler === 'local'
  }

  show(observation: Observation, detail: string | null): void {
    const { instance, job, progress, stages = [] } = observation
    if (instance.phase === 'ended') return this.#end(instance)
    if (['intended', 'held', 'submitted'].includes(instance.phase)) {
      if (this.#isLocal && instance.allocation === null) return
      return this.#open('queued').update(
        queuedText(instance, job, this.#context.clock.now().getTime()),
      )
    }
    if (instance.shape === 'batch') return this.#showBatch(progress)
    if (instance.shape === 'holding') return this.#showHolding(observation, detail)
    if (stages.length > 0) this.#showStages(observation)
    else if (this.#stage !== 'ready' && !mainMember(this.#context, instance)?.stages)
      this.#open('started')
    if (endpointOf(this.#context, instance) || instance.phase === 'ready')
      this.#open('ready', this.#stage === 'started' ? node(instance) : undefined)
    if (instance.phase === 'ready')
      this.#step?.done(
        [urlOf(endpointOf(this.#context, instance)), detail].filter(Boolean).join(', '),
      )
    else if (detail) this.#step?.update(detail)
  }

  #showHolding({ instance, progress }: Observation, detail: string | null): void {
    if (instance.phase !== 'ready') {
      const step = this.#open('started')
      return progress && step.update(progressText(progress))
    }
    this.#open('ready', node(instance)).done(detail ?? undefined)
  }

  /** A line for each part that has ended, and one that changes. */
  #showBatch(progress: BatchProgress | undefined): void {
    const done = progress?.done ?? []
    // Begun again, as the next of several repeats.
    if (done.length < this.#drawn) this.#drawn = 0
    for (const { name, text, ms } of done.slice(this.#drawn))
      this.#open(name).done(text, ms ?? undefined)
    this.#drawn = done.length
    const step = this.#open(progress?.part ?? 'running')
    if (progress?.part !== undefined) step.update(progress.text, progress.share ?? undefined)
    else if (progress) step.update(progressText(progress))
  }

  #end({ shape, outcome, lastResult }: Instance): void {
    const isDone = shape === 'batch' && outcome?.kind === 'completed'
    if (isDone) this.#open(this.#drawn > 0 ? 'result' : 'running').done(lastResult ?? undefined)
    else this.#step?.fail(outcome?.summary)
  }

  /** Several may have come and gone since the last look: their times are those of the log. */
  #showStages({ instance, stages }: Observation): void {
    const all = stageReports(
      this.#context,
      { instance, stages },
      this.#context.clock.now().getTime(),
    )
    const reports = all.filter(({ name }) => name !== 'queued')
    // A start-up goes on in the stage that was drawn last, if it has not ended since.
    for (const report of reports.slice(Math.max(0, this.#drawn - 1))) {
      const step = this.#open(report.name)
      if (report.text) step.update(report.text)
      if (report.state === 'done' && report !== reports.at(-1))
        step.done(report.text ?? undefined, report.ms ?? undefined)
    }
    this.#drawn = reports.length
  }

  /** The step of a stage; the one before is done. */
  #open(stage: string, before?: string): Step {
    if (this.#step && this.#stage === stage) return this.#step
    this.#step?.done(before)
    this.#stage = stage
    return (this.#step = this.#context.progress.step(stage))
  }
}

function node({ nodeList }: Instance): string | undefined {
  return nodeList[0] ? `on ${nodeList[0]}` : undefined
}

function urlOf(endpoint: EndpointRecord | null): string {
  return endpoint ? `${endpoint.host}:${endpoint.port}` : ''
}

/** `2m10s · job 4812345 · gpu · Resources: nodes are busy, estimated start 14:41`. */
export function queuedText(instance: Instance, job: Observation['job'], nowMs: number): string {
  const estimate = job?.expectedStart
    ? `, estimated start ${job.expectedStart.toTimeString().slice(0, 5)}`
    : ''
  const sinceMs = instance.submittedAt === null ? null : nowMs - Date.parse(instance.submittedAt)
  return [
    sinceMs !== null && formatSeconds(Math.max(0, sinceMs) / 1000),
    `job ${instance.jobId ?? '–'}`,
    job?.partition,
    job?.qos && `qos ${job.qos}`,
    job?.reason && `${job.reason.raw}: ${job.reason.plain}${estimate}`,
  ]
    .filter(Boolean)
    .join(' · ')
}
