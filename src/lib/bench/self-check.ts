import type { Level, VectorResult } from './vectors/result.js'

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
  const limitedFrom = isClient ? null : plateauOf(levels)
  return {
    verdict: isClient ? 'client-bound' : 'ok',
    // The library is what --client sdk measures: there the limit is a finding, not a fault of the instrument.
    saturated: isClient && client === 'raw',
    findings: findingsOf({ ...evidence, clientCores, share, limitedFrom, isClient }),
    clientCores,
    shareOfCeiling: share,
    ceilingPerSecond,
    eventLoopDelayP99Ms: evidence.loopDelayP99Ms,
    dispatchLag: evidence.dispatchLag,
    serverLimitedFromConcurrency: limitedFrom,
    peakRssBytes: evidence.peakRssBytes,
  }
}

/** The first number of clients after which more of them brought hardly more answers. */
function plateauOf(levels: readonly Level[]): number | null {
  const closed = levels.filter(({ mode }) => mode === 'closed')
  for (let i = 1; i < closed.length; i++)
    if (closed[i].queriesPerSecond < closed[i - 1].queriesPerSecond * PLATEAU)
      return closed[i - 1].concurrency
  return null
}

function findingsOf(
  facts: Evidence & {
    clientCores: number
    share: number | null
    limitedFrom: number | null
    isClient: boolean
  },
): string[] {
  const { client, clientCores, share, limitedFrom, isClient, dispatchLag } = facts
  const percent = (value: number) => `${Math.round(value * 100)} %`
  const shareText = share === null ? '' : `, ${percent(share)} of its ceiling`
  if (isClient && client === 'sdk')
    return [
      `limited by the client library: it used ${clientCores.toFixed(2)} cores; --client raw shows the server`,
    ]
  if (isClient)
    return [`limited by the client: it used ${clientCores.toFixed(2)} cores${shareText}`]
  const lag =
    dispatchLag.p99Ms === null ? '' : `dispatch lag p99 ${dispatchLag.p99Ms.toFixed(1)} ms`
  const fine = `the client is fine (${[lag, share === null ? '' : `${percent(share)} of its ceiling`].filter(Boolean).join(', ')})`
  return limitedFrom === null
    ? ['neither the client nor the server is at its limit', fine]
    : [
        `limited by the server from ${limitedFrom} ${limitedFrom === 1 ? 'client' : 'clients'} on`,
        fine,
      ]
}
