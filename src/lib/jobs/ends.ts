import type { Outcome, Sighting } from '../scheduler/contract.js'
import type { Receipt } from '../scheduler/receipt.js'
import type { Instance, OutcomeRecord } from '../state/schema.js'
import type { Context } from './contract.js'

/** Whether, when and how a job ended: the scheduler's word on why, the receipt's on what the service did. */

export interface End {
  at: string
  outcome: Outcome
  proof: NonNullable<OutcomeRecord['proof']>
  /** Where it is told otherwise than by the log and the outcome. */
  summary?: string
}

/** A submission that was cut off may still surface in the queue for this long; after that its job is cancelled instead. */
export const ADOPTION_MS = 10 * 60_000

/** Causes that the script itself saw; `stopped` may be a requeue, of which the script knows nothing. */
const OWN_CAUSES = ['completed', 'exit', 'failed', 'not-ready', 'prologue', 'helper']

/**
 * A job that is only missing has not ended: the scheduler's word about its id is an end, and the receipt of its last life.
 * @returns undefined when it lives, or nothing is known
 */
export function endOf(
  context: Context,
  instance: Instance,
  sighting: Sighting | undefined,
  found: Receipt | undefined,
): End | undefined {
  const now = context.clock.now().toISOString()
  const receipt = found && isOfLastLife(found, instance, sighting) ? found : undefined
  const conclude = (kind: Outcome['kind']): End => ({
    at: now,
    outcome: { kind, exitCode: null, signal: null },
    proof: 'concluded',
  })
  const fromReceipt = (proof: End['proof']): End | undefined =>
    receipt && {
      at: receipt.times.ended ?? now,
      outcome: mergeOutcome(undefined, receipt, instance),
      proof,
    }
  switch (sighting?.kind) {
    case 'seen': {
      const { job } = sighting
      if (job.state !== 'ended') return undefined
      const outcome = mergeOutcome(job.outcome, receipt, instance)
      const at = receipt?.times.ended ?? job.endsAt?.toISOString() ?? now
      return { at, outcome, proof: 'scheduler' }
    }
    case 'forgotten':
      if (instance.phase === 'ended') return fromReceipt('receipt')
      return fromReceipt('receipt') ?? conclude('lost')
    case 'absent':
      if (receipt) return fromReceipt('receipt')
      if (instance.phase === 'ended' || isBeingSubmitted(context, instance)) return undefined
      if (instance.phase !== 'intended') return conclude('lost')
      return ageMs(context, instance) > ADOPTION_MS ? conclude('cancelled') : undefined
    default:
      return receipt && OWN_CAUSES.includes(receipt.cause) ? fromReceipt('concluded') : undefined
  }
}

/** A job that was requeued left a receipt in each of its lives. */
function isOfLastLife(
  { restarts }: Receipt,
  instance: Instance,
  sighting: Sighting | undefined,
): boolean {
  const known = sighting?.kind === 'seen' ? sighting.job.restarts : undefined
  return restarts >= Math.max(instance.restarts, known ?? 0)
}

/** Another command is in the middle of it: nothing may be concluded or mended yet. */
export function isBeingSubmitted(context: Context, { submittingUntil }: Instance): boolean {
  return submittingUntil !== null && context.clock.now() < new Date(submittingUntil)
}

export function ageMs(context: Context, { intendedAt }: Instance): number {
  return context.clock.now().getTime() - Date.parse(intendedAt)
}

/** The scheduler knows about limits, nodes and cancellation; the script knows the service's own exit code. */
export function mergeOutcome(
  scheduler: Outcome | undefined,
  receipt: Receipt | undefined,
  instance?: Life,
): Outcome {
  if (!receipt) return scheduler ?? { kind: 'lost', exitCode: null, signal: null }
  const own: Outcome = {
    kind: kindOf(receipt, instance),
    exitCode: receipt.exitCode,
    signal: receipt.signal,
  }
  const isTold = receipt.cause === 'stopped'
  // Told by nobody here, as at a requeue: when it failed after that, it was in a life that wrote no receipt.
  const isByNobody = isTold && instance?.stopAskedAt === null && own.kind !== 'timeout'
  if (isByNobody && scheduler?.kind === 'failed') return scheduler
  const decisive = scheduler && !['completed', 'failed', 'lost'].includes(scheduler.kind)
  // Told by us to stop and stopped well is an end in good order, also when the telling was a cancel.
  const isOurs = !instance || instance.stopAskedAt !== null
  if (decisive && !(isOurs && scheduler.kind === 'cancelled' && isTold))
    return { ...own, kind: scheduler.kind }
  return own
}

type Life = Pick<Instance, 'timeLimitMs' | 'stopAskedAt'> & Partial<Pick<Instance, 'shape'>>

const OUTCOME_OF_CAUSE: Readonly<Record<string, Outcome['kind']>> = {
  completed: 'completed',
  'time-limit': 'timeout',
}

/** At its limit a short job is told nothing but TERM, as by anybody. */
function kindOf({ cause, times }: Receipt, instance: Life | undefined): Outcome['kind'] {
  if (cause !== 'stopped') return OUTCOME_OF_CAUSE[cause] ?? 'failed'
  // A batch job that was told to stop has not done what it was for.
  const kind = instance?.shape === 'batch' ? 'cancelled' : 'completed'
  if (!instance || instance.stopAskedAt !== null) return kind
  if (times.started === null || times.ended === null) return kind
  const livedMs = Date.parse(times.ended) - Date.parse(times.started)
  return livedMs >= instance.timeLimitMs - LIMIT_SLACK_MS ? 'timeout' : kind
}

/** The script begins a moment after Slurm's clock. */
const LIMIT_SLACK_MS = 3_000
