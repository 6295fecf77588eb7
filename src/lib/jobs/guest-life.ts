import { jobNameOf, type JobStatus, type Sighting } from '../scheduler/contract.js'
import type { Receipt } from '../scheduler/receipt.js'
import type { Instance } from '../state/schema.js'
import type { Context } from './contract.js'
import { mergeOutcome, type End } from './ends.js'
import type { GuestFiles } from './guests.js'
import type { Observation } from './observation.js'

/**
 * What becomes of a guest: it has no job, so what the scheduler says of its holder's is read for it, with what its own files say. Its end is
 * its receipt's; without one it is the word of the holder's script, or the end of the holder.
 */

/** All that is known of a guest but what lies in its own run directory. */
export interface GuestLook {
  /** As it is now; undefined when nothing is known of it any more. */
  holder: Observation | undefined
  files: GuestFiles
  /** Names of the guests whose turn comes before. */
  ahead: readonly string[]
}

/** As if the guest were a job: what its holder's is, and its own turn. */
export function sightingOfGuest(guest: Instance, look: GuestLook): Sighting | undefined {
  const { holder, files } = look
  if (!holder || holder.instance.phase === 'ended') return undefined
  const { staleSince, trouble, job } = holder
  if (staleSince && trouble) return { kind: 'silent', trouble }
  if (!job || !files.isHandedOver || files.claim?.stopped) return undefined
  const own: JobStatus = {
    ...job,
    token: guest.token,
    name: jobNameOf({ name: `${guest.service}-${guest.id}` }),
    submittedAt: new Date(guest.intendedAt),
    startedAt: files.claim && new Date(files.claim.at),
    endsAt: endsAtOf(guest, look, job),
    restarts: undefined,
    reason: undefined,
  }
  if (files.claim) return { kind: 'seen', job: own }
  const plain = `waits for ${whatItWaitsFor(look)}`
  const reason = { raw: 'Allocation', plain, hopeless: false }
  return { kind: 'seen', job: { ...own, state: 'pending', rawState: 'PD', reason } }
}

function whatItWaitsFor({ holder, ahead }: GuestLook): string {
  if (ahead.length === 0)
    return holder?.instance.phase === 'ready' ? 'its turn' : `${holder?.instance.name} to be ready`
  const [first, ...more] = ahead
  return more.length === 0 ? first : `${first} and ${more.length} more`
}

/** Its own limit, where it has one, or its holder's. */
function endsAtOf(guest: Instance, { holder, files }: GuestLook, job: JobStatus): Date | undefined {
  const { startedAt, timeLimitMs } = holder!.instance
  const ofHolder =
    job.endsAt?.getTime() ?? (startedAt === null ? NaN : Date.parse(startedAt) + timeLimitMs)
  const own = files.claim ? Date.parse(files.claim.at) + guest.timeLimitMs : NaN
  const ends = [ofHolder, own].filter((ms) => !Number.isNaN(ms))
  return ends.length === 0 ? undefined : new Date(Math.min(...ends))
}

/** @returns undefined while it lives, or nothing is known */
export function endOfGuest(
  context: Context,
  guest: Instance,
  look: GuestLook,
  receipt: Receipt | undefined,
): End | undefined {
  const { claim, ended } = look.files
  if (claim?.stopped) return { at: claim.at, outcome: outcomeOf('cancelled'), proof: 'receipt' }
  const isToldToEnd = receipt && ['stopped', 'time-limit'].includes(receipt.cause)
  // Whoever told it may have been the holder, on whose end follows why.
  if (receipt && (!isToldToEnd || ended || guest.stopAskedAt !== null))
    return endedBy(context, guest, receipt)
  if (ended && !receipt) {
    const { at, exitCode, signal } = ended
    const kind = guest.stopAskedAt === null ? 'failed' : 'cancelled'
    return { at, outcome: { kind, exitCode, signal }, proof: 'receipt' }
  }
  return endWithHolder(context, guest, look, receipt)
}

function endedBy(context: Context, guest: Instance, receipt: Receipt): End {
  const at = receipt.times.ended ?? context.clock.now().toISOString()
  return { at, outcome: mergeOutcome(undefined, receipt, guest), proof: 'receipt' }
}

function endWithHolder(
  context: Context,
  guest: Instance,
  { holder, files }: GuestLook,
  receipt: Receipt | undefined,
): End | undefined {
  const now = context.clock.now().toISOString()
  if (!holder) {
    const outcome = receipt ? mergeOutcome(undefined, receipt, guest) : outcomeOf('lost')
    return { at: receipt?.times.ended ?? now, outcome, proof: receipt ? 'receipt' : 'concluded' }
  }
  const { name, phase, endedAt, outcome, restarts } = holder.instance
  if (files.claim && files.claim.restarts < restarts)
    return {
      at: receipt?.times.ended ?? now,
      outcome: { ...outcomeOf('failed'), exitCode: receipt?.exitCode ?? null },
      proof: 'scheduler',
      summary: `ended with its allocation: the job of ${name} was requeued`,
    }
  if (phase !== 'ended' || !outcome) return undefined
  const proof = outcome.proof === 'concluded' ? 'concluded' : 'receipt'
  if (!files.claim)
    return {
      at: endedAt ?? now,
      outcome: outcomeOf('cancelled'),
      proof,
      summary:
        guest.stopAskedAt === null
          ? `never began: its allocation ${name} ended before (${outcome.summary})`
          : undefined,
    }
  const at = receipt?.times.ended ?? endedAt ?? now
  const isStopped = guest.stopAskedAt !== null
  // A holder that ended in good order was told to; its guest was not done.
  const kind = isStopped || outcome.kind === 'completed' ? 'cancelled' : outcome.kind
  return {
    at,
    outcome: { kind, exitCode: receipt?.exitCode ?? null, signal: receipt?.signal ?? null },
    proof,
    summary: isStopped ? undefined : `ended with its allocation ${name}: ${outcome.summary}`,
  }
}

function outcomeOf(kind: End['outcome']['kind']): End['outcome'] {
  return { kind, exitCode: null, signal: null }
}
