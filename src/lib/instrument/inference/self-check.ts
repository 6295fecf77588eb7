import { formatNumber } from '../../platform/units.js'
import type { InstrumentVerdict } from '../../platform/verdicts.js'
import { percentile } from '../measure/statistics.js'
import type { WorkerOutcome } from './worker.js'
import { figures } from './request-table.js'
import type { InferenceResult, Metrics } from './result.js'

/** What the instrument says about itself. */
export interface Evidence {
  outcomes: readonly WorkerOutcome[]
  metrics: Metrics
  isOpen: boolean
  /** All requests due at the same time: being later than that is not the instrument's fault. */
  isBurst: boolean
  /** Of the busiest worker. */
  clientCores: number
  loopDelayP99Ms: number | null
  peakRssBytes: number
  ceilingEventsPerSecond: number | null
  ceilingSpread: { min: number; max: number } | null
  workers: number
  /** Of the node of the workers. */
  cores: number
  clockOffsetMs: number | null
}

/** A core that is this busy has nothing left to be on time with. */
const BUSY_CORES = 0.9
/** Of what one core could read, by the calibration in the same run: a rough figure, that counts only with a core that is half full. */
const CEILING = { share: 0.7, cores: 0.5 }
/** A request is late when it leaves after this, or after this share of what is measured; one or two of them are an accident. */
const LATE = { ms: 5, shareOfTtft: 0.05, least: 3 }

/**
 * Could the server's figures be the client's? `client-bound`: its core was full, or it was near its own ceiling. `late`: it had room, but
 * sent requests later than they were due; something else took the CPU.
 */
export function judgeInference(evidence: Evidence): InferenceResult['instrument'] {
  const { outcomes, metrics, isOpen, isBurst, clientCores, ceilingEventsPerSecond } = evidence
  const lags = lagsOf(outcomes, isOpen && !isBurst)
  const lag = {
    p50Ms: percentile(lags, 0.5),
    p99Ms: percentile(lags, 0.99),
    maxMs: lags.at(-1) ?? null,
  }
  const eventsPerSecond = eventsOf(outcomes)
  const perWorker = eventsPerSecond / evidence.workers
  // Events that came together cost less than those it was measured with: there is no more than all of it.
  const share =
    ceilingEventsPerSecond === null ? null : Math.min(1, perWorker / ceilingEventsPerSecond)
  const lateMs = Math.max(LATE.ms, LATE.shareOfTtft * (metrics.ttftMs.p50 ?? 0))
  const isBound =
    clientCores > BUSY_CORES || ((share ?? 0) > CEILING.share && clientCores > CEILING.cores)
  const lateCount = lags.filter((lagMs) => lagMs > lateMs).length
  const isLate = (lag.p99Ms ?? 0) > lateMs && lateCount >= LATE.least
  const verdict = isBound ? 'client-bound' : isLate ? 'late' : 'ok'
  const advice = verdict === 'client-bound' ? moreClients({ ...evidence, share }) : null
  return {
    verdict,
    saturated: verdict !== 'ok',
    findings: [sentence(verdict, { lagP99Ms: lag.p99Ms, share, clientCores, advice })],
    advice,
    dispatchLag: lag,
    eventLoopDelayP99Ms: evidence.loopDelayP99Ms,
    clientCores,
    shareOfCeiling: share,
    ceilingEventsPerSecond,
    ceilingSpread: evidence.ceilingSpread,
    eventsPerSecond,
    workers: evidence.workers,
    connections: connectionsOf(outcomes),
    peakRssBytes: evidence.peakRssBytes,
    clockOffsetMs: evidence.clockOffsetMs,
  }
}

function lagsOf(outcomes: readonly WorkerOutcome[], isScheduled: boolean): Float64Array {
  if (!isScheduled) return new Float64Array()
  const parts = outcomes.map(({ table }) => table.values(figures(table).lag))
  return Float64Array.from(parts.flatMap((part) => [...part])).sort()
}

function eventsOf(outcomes: readonly WorkerOutcome[]): number {
  let [events, wallMs] = [0, 0]
  for (const { table, wallMs: ms } of outcomes) {
    wallMs += ms
    for (let row = 0; row < table.count; row++) events += table.get(row, 'events')
  }
  return wallMs > 0 ? (events / wallMs) * 1000 : 0
}

function connectionsOf(outcomes: readonly WorkerOutcome[]) {
  const all = outcomes.map(({ connections }) => connections)
  const connectMs = Float64Array.from(all.flatMap((one) => one.connectMs)).sort()
  return {
    opened: all.reduce((sum, { opened }) => sum + opened, 0),
    reused: all.reduce((sum, { reused }) => sum + reused, 0),
    connectP50Ms: percentile(connectMs, 0.5),
  }
}

function sentence(
  verdict: InstrumentVerdict,
  facts: {
    lagP99Ms: number | null
    share: number | null
    clientCores: number
    advice: string | null
  },
): string {
  const { lagP99Ms, share, clientCores, advice } = facts
  const ceiling = share === null ? '' : `${Math.round(share * 100)} % of its ceiling`
  const used = `${Math.round(clientCores * 100)} % of a core`
  const lag = lagP99Ms === null ? '' : `${formatNumber(lagP99Ms, 2)} ms`
  if (verdict === 'client-bound')
    return `client-bound: ${[used, ceiling].filter(Boolean).join(', ')}: these are the client’s figures, not the server’s; ${advice === null ? 'this node has no more cores for clients' : `try ${advice}`}`
  if (verdict === 'late')
    return `late: requests were sent up to ${lag} late (p99), so TTFT may read that much too high; the client had room (${used}), something else took the CPU`
  return `ok: ${[lag && `sent at most ${lag} late (p99)`, ceiling, used].filter(Boolean).join(', ')}`
}

/** As many as would have half a core to spare each; not more than the node has cores for. */
function moreClients({
  workers,
  clientCores,
  share,
  cores,
}: Pick<Evidence, 'workers' | 'clientCores' | 'cores'> & { share: number | null }): string | null {
  const wanted = Math.max(workers + 1, Math.ceil(workers * Math.max(clientCores, share ?? 0) * 2))
  const clients = Math.min(wanted, cores - 1)
  return clients > workers ? `--clients ${clients}` : null
}
