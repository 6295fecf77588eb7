import { formatNumber } from '../../platform/units.js'
import type { InstrumentVerdict } from '../../platform/verdicts.js'
import { percentile } from '../measure/statistics.js'
import type { RequestTable } from './request-table.js'
import type { Outcome, Tally } from './workload.js'

/** What the instrument says about itself. */
export interface ClientEvidence {
  /** How much later than it could have been each request was sent, milliseconds; none of a closed loop or a burst. */
  lagsMs: Float64Array
  /** The figure that a late send falsifies, for people, and what it usually is. */
  measured: { name: string; typicalMs: number | null }
  /** Of the busiest worker. */
  clientCores: number
  /** Of all workers; and what one core of this client could read from a server that does nothing, null when nobody knows. */
  perSecond: number
  ceilingPerSecond: number | null
  workers: number
  /** Of the node of the workers. */
  cores: number
}

export interface ClientJudgement {
  verdict: InstrumentVerdict
  /** The instrument was the limit: the run is not valid. */
  saturated: boolean
  /** Sentences for people. */
  findings: string[]
  /** Flags that would give a client-bound client room; else null. */
  advice: string | null
  dispatchLag: { p50Ms: number | null; p99Ms: number | null; maxMs: number | null }
  clientCores: number
  shareOfCeiling: number | null
}

/** A core that is this busy has nothing left to be on time with. */
const BUSY_CORES = 0.9
/** Of what one core could read, by the calibration in the same run: a rough figure, that counts only with a core that is half full. */
const CEILING = { share: 0.7, cores: 0.5 }
/** A request is late when it leaves after this, or after this share of what is measured; one or two of them are an accident. */
const LATE = { ms: 5, shareOfMeasured: 0.05, least: 3 }

/**
 * Could the server's figures be the client's? `client-bound`: its core was full, or it was near its own ceiling. `late`: it had room, but
 * sent requests later than they were due; something else took the CPU.
 */
export function judgeClient(evidence: ClientEvidence): ClientJudgement {
  const { measured, clientCores, perSecond, ceilingPerSecond, workers } = evidence
  const lags = evidence.lagsMs.toSorted()
  const lag = {
    p50Ms: percentile(lags, 0.5),
    p99Ms: percentile(lags, 0.99),
    maxMs: lags.at(-1) ?? null,
  }
  // What came together costs less than what it was measured with: there is no more than all of it.
  const share =
    ceilingPerSecond === null ? null : Math.min(1, perSecond / workers / ceilingPerSecond)
  const lateMs = Math.max(LATE.ms, LATE.shareOfMeasured * (measured.typicalMs ?? 0))
  const isBound =
    clientCores > BUSY_CORES || ((share ?? 0) > CEILING.share && clientCores > CEILING.cores)
  const lateCount = lags.filter((lagMs) => lagMs > lateMs).length
  const isLate = (lag.p99Ms ?? 0) > lateMs && lateCount >= LATE.least
  const verdict = isBound ? 'client-bound' : isLate ? 'late' : 'ok'
  const advice = verdict === 'client-bound' ? moreClients(evidence, share) : null
  return {
    verdict,
    saturated: verdict !== 'ok',
    findings: [sentence(verdict, evidence, lag.p99Ms, share, advice)],
    advice,
    dispatchLag: lag,
    clientCores,
    shareOfCeiling: share,
  }
}

/** Of repeats that had a schedule. */
export function lagsOf(outcomes: readonly { table: RequestTable }[]): Float64Array {
  const parts = outcomes.map(({ table }) => table.values((row) => table.lagMs(row)))
  return Float64Array.from(parts.flatMap((part) => [...part]))
}

export function connectionsOf(
  outcomes: readonly Pick<Outcome<Tally<never, never>>, 'connections'>[],
): { opened: number; reused: number; connectP50Ms: number | null } {
  const all = outcomes.map(({ connections }) => connections)
  const connectMs = Float64Array.from(all.flatMap((one) => one.connectMs)).sort()
  return {
    opened: all.reduce((sum, { opened }) => sum + opened, 0),
    reused: all.reduce((sum, { reused }) => sum + reused, 0),
    connectP50Ms: percentile(connectMs, 0.5),
  }
}

/** Why a figure does not count, in a few words. */
export function clientReason({
  verdict,
  clientCores,
  dispatchLag,
  shareOfCeiling,
}: Pick<ClientJudgement, 'verdict' | 'clientCores' | 'dispatchLag' | 'shareOfCeiling'>): string {
  const byVerdict: Record<InstrumentVerdict, string> = {
    ok: '',
    late: `sent up to ${formatNumber(dispatchLag.p99Ms ?? 0, 2)} ms late: something else took the CPU`,
    'client-bound':
      clientCores > BUSY_CORES || shareOfCeiling === null
        ? `the client was the limit: ${clientCores.toFixed(2)} of one core`
        : `the client was the limit: ${Math.round(shareOfCeiling * 100)} % of its ceiling`,
  }
  return byVerdict[verdict]
}

function sentence(
  verdict: InstrumentVerdict,
  { clientCores, measured }: ClientEvidence,
  lagP99Ms: number | null,
  share: number | null,
  advice: string | null,
): string {
  const ceiling = share === null ? '' : `${Math.round(share * 100)} % of its ceiling`
  const used = `${Math.round(clientCores * 100)} % of a core`
  const lag = lagP99Ms === null ? '' : `${formatNumber(lagP99Ms, 2)} ms`
  if (verdict === 'client-bound')
    return `client-bound: ${[used, ceiling].filter(Boolean).join(', ')}: these are the client’s figures, not the server’s; ${advice === null ? 'this node has no more cores for clients' : `try ${advice}`}`
  if (verdict === 'late')
    return `late: requests were sent up to ${lag} late (p99), so ${measured.name} may read that much too high; the client had room (${used}), something else took the CPU`
  return `ok: ${[lag && `sent at most ${lag} late (p99)`, ceiling, used].filter(Boolean).join(', ')}`
}

/** As many as would have half a core to spare each; not more than the node has cores for. */
function moreClients(
  { workers, clientCores, cores }: ClientEvidence,
  share: number | null,
): string | null {
  const wanted = Math.max(workers + 1, Math.ceil(workers * Math.max(clientCores, share ?? 0) * 2))
  const clients = Math.min(wanted, cores - 1)
  return clients > workers ? `--clients ${clients}` : null
}
