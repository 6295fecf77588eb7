import { formatNumber } from '../../platform/units.js'
import type { Level, VectorResult } from './result.js'

/** What the instrument says about itself. */
export interface Evidence {
  levels: readonly Level[]
  client: 'raw' | 'sdk'
  /** Queries a second against a server that does nothing; null when it was not calibrated. */
  ceilingPerSecond: number | null
  loopDelayP99Ms: number | null
  dispatchLag: { p50Ms: number | null; p99Ms: number | null; maxMs: number | null }
  peakRssBytes: number
}

/** A core that is this busy has nothing left to be on time with. */
const BUSY_CORES = 0.9
/** A client this near to its ceiling, on a core that has little left, measures itself. */
const CEILING = { share: 0.8, cores: 0.7 }
/** Twice the clients and less than this more answers: the server is at its end. */
const PLATEAU = 1.15

/**
 * Who was the limit? The client, when its core was full or it was near its own ceiling; the server, when more clients brought no
 * more answers while the client had room; else neither stood out.
 */
export function judgeInstrument(evidence: Evidence): VectorResult['instrument'] {
  const { levels, client, ceilingPerSecond } = evidence
  const top = levels.reduce((a, b) => (b.queriesPerSecond > a.queriesPerSecond ? b : a))
  const share = ceilingPerSecond === null ? null : top.queriesPerSecond / ceilingPerSecond
  const clientCores = Math.max(...levels.map((level) => level.clientCores))
  const isClient =
    clientCores > BUSY_CORES || ((share ?? 0) > CEILING.share && clientCores > CEILING.cores)
  const plateau = isClient ? null : plateauOf(levels)
  return {
    verdict: isClient ? 'client-bound' : 'ok',
    // The library is what --client sdk measures: there the limit is a finding, not a fault of the instrument.
    saturated: isClient && client === 'raw',
    findings: findingsOf({ ...evidence, clientCores, share, plateau, isClient }),
    advice: null,
    clientCores,
    shareOfCeiling: share,
    ceilingPerSecond,
    eventLoopDelayP99Ms: evidence.loopDelayP99Ms,
    dispatchLag: evidence.dispatchLag,
    serverLimitedFromConcurrency: plateau?.isServerBusy ? plateau.from : null,
    peakRssBytes: evidence.peakRssBytes,
  }
}

/**
 * The first concurrency after which more of it brought hardly more answers. Said of the server only where its own CPU shows it: with
 * most of the server idle something else (one lock, a disk, the machine) is as likely.
 */
function plateauOf(levels: readonly Level[]): { from: number; isServerBusy: boolean } | null {
  const closed = levels.filter(({ mode }) => mode === 'closed')
  for (let i = 1; i < closed.length; i++)
    if (closed[i].queriesPerSecond < closed[i - 1].queriesPerSecond * PLATEAU) {
      const cores = Math.max(...closed.slice(i - 1).map(({ serverCores }) => serverCores ?? 0))
      return { from: closed[i - 1].concurrency, isServerBusy: cores > BUSY_CORES }
    }
  return null
}

function findingsOf(
  facts: Evidence & {
    clientCores: number
    share: number | null
    plateau: ReturnType<typeof plateauOf>
    isClient: boolean
  },
): string[] {
  const { client, clientCores, share, plateau, isClient, levels } = facts
  const percent = (value: number) => `${Math.round(value * 100)} %`
  const used = `${percent(clientCores)} of a core`
  if (isClient && client === 'sdk')
    return [`limited by the client library (${used}); --client raw shows the server`]
  if (isClient)
    return [
      `client-bound: ${used}${share === null ? '' : `, ${percent(share)} of its ceiling`}: these are the client’s figures, not the server’s`,
    ]
  const ok = `client ok (${used})`
  if (plateau === null) return [ok]
  const cores = Math.max(...levels.map(({ serverCores }) => serverCores ?? 0))
  const from = `from concurrency ${plateau.from} on`
  return plateau.isServerBusy
    ? [`limited by the server ${from} (${formatNumber(cores, 2)} cores)`, ok]
    : [`no more queries/s ${from}, though neither the client’s nor the server’s CPU is full`, ok]
}
