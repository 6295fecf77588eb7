import { connectionsOf, judgeClient, lagsOf } from '../load/self-check.js'
import type { InferenceOutcome } from './tally.js'
import type { InferenceResult, Metrics } from './result.js'

/** What the instrument says about itself. */
export interface Evidence {
  outcomes: readonly InferenceOutcome[]
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

/** By the events that were read, and by TTFT, which a late send makes longer. */
export function judgeInference(evidence: Evidence): InferenceResult['instrument'] {
  const { outcomes, isOpen, isBurst, workers, ceilingEventsPerSecond, clientCores } = evidence
  const eventsPerSecond = eventsOf(outcomes)
  const judgement = judgeClient({
    lagsMs: isOpen && !isBurst ? lagsOf(outcomes) : new Float64Array(),
    measured: { name: 'TTFT', typicalMs: evidence.metrics.ttftMs.p50 },
    clientCores,
    perSecond: eventsPerSecond,
    ceilingPerSecond: ceilingEventsPerSecond,
    workers,
    cores: evidence.cores,
  })
  return {
    ...judgement,
    eventLoopDelayP99Ms: evidence.loopDelayP99Ms,
    ceilingEventsPerSecond,
    ceilingSpread: evidence.ceilingSpread,
    eventsPerSecond,
    workers,
    connections: connectionsOf(outcomes),
    peakRssBytes: evidence.peakRssBytes,
    clockOffsetMs: evidence.clockOffsetMs,
  }
}

function eventsOf(outcomes: readonly InferenceOutcome[]): number {
  let [events, wallMs] = [0, 0]
  for (const { table, wallMs: ms } of outcomes) {
    wallMs += ms
    for (let row = 0; row < table.count; row++) events += table.get(row, 'events')
  }
  return wallMs > 0 ? (events / wallMs) * 1000 : 0
}
