import { formatNumber } from '../../platform/units.js'
import { connectionsOf, judgeClient, lagsOf } from '../load/self-check.js'
import type { WorkersUsage } from '../load/workers-usage.js'
import type { Level, VectorResult } from './result.js'
import type { QueryOutcome } from './tally.js'

/** What the instrument says about itself. */
export interface Evidence {
  levels: readonly Level[]
  outcomes: readonly QueryOutcome[]
  client: 'raw' | 'sdk'
  /** Queries a second of one core against a server that does nothing; null when it was not calibrated. */
  ceilingPerSecond: number | null
  usage: Pick<
    WorkersUsage,
    'clientCores' | 'loopDelayP99Ms' | 'peakRssBytes' | 'workers' | 'clockOffsetMs'
  >
  /** Of the node of the workers. */
  cores: number
}

/** Of the server: a core that is this busy has nothing left. */
const BUSY_CORES = 0.9
/** Twice the requests in flight and less than this more answers: something is at its end. */
const PLATEAU = 1.15

/** By the level with the most queries; and, where the client had room, from where on more of them brought no more answers. */
export function judgeInstrument(evidence: Evidence): VectorResult['instrument'] {
  const { levels, outcomes, client, usage } = evidence
  const top = levels.reduce((a, b) => (b.queriesPerSecond > a.queriesPerSecond ? b : a))
  const judgement = judgeClient({
    lagsMs: lagsOf(outcomes),
    measured: { name: 'the latency', typicalMs: top.p50Ms },
    clientCores: Math.max(...levels.map((level) => level.clientCores)),
    perSecond: top.queriesPerSecond,
    ceilingPerSecond: evidence.ceilingPerSecond,
    workers: usage.workers,
    cores: evidence.cores,
  })
  const { verdict, findings, clientCores } = judgement
  const isLibrary = client === 'sdk' && verdict === 'client-bound'
  const plateau = verdict === 'client-bound' ? null : plateauOf(levels)
  const used = `${Math.round(clientCores * 100)} % of a core`
  return {
    ...judgement,
    // The library is what --client sdk measures: there the limit is a finding, not a fault of the instrument.
    saturated: judgement.saturated && !isLibrary,
    findings: isLibrary
      ? [`limited by the client library (${used}); --client raw shows the server`]
      : [...(plateau ? [plateauText(plateau)] : []), ...findings],
    advice: isLibrary ? null : judgement.advice,
    ceilingPerSecond: evidence.ceilingPerSecond,
    eventLoopDelayP99Ms: usage.loopDelayP99Ms,
    serverLimitedFromConcurrency: plateau && plateau.cores > BUSY_CORES ? plateau.from : null,
    peakRssBytes: usage.peakRssBytes,
    workers: usage.workers,
    connections: connectionsOf(outcomes),
    clockOffsetMs: usage.clockOffsetMs,
  }
}

interface Plateau {
  from: number
  /** Of the server, at most. */
  cores: number
}

/** The first concurrency after which more of it brought hardly more answers. */
function plateauOf(levels: readonly Level[]): Plateau | null {
  const closed = levels.filter(({ mode }) => mode === 'closed')
  const at = closed.findIndex(
    (level, i) => i > 0 && level.queriesPerSecond < closed[i - 1].queriesPerSecond * PLATEAU,
  )
  if (at < 0) return null
  const cores = Math.max(...closed.slice(at - 1).map(({ serverCores }) => serverCores ?? 0))
  return { from: closed[at - 1].concurrency, cores }
}

/**
 * Said of the server only where its own CPU shows it: with most of it idle something else (one lock, a disk, the machine) is as likely.
 */
function plateauText({ from, cores }: Plateau): string {
  return cores > BUSY_CORES
    ? `limited by the server from concurrency ${from} on (${formatNumber(cores, 2)} cores)`
    : `no more queries/s from concurrency ${from} on, though neither the client’s nor the server’s CPU is full`
}
