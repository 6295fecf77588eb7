import { accessWarnings } from '../http/access.js'
import type { ErrorCount } from '../measure/envelope.js'
import { machineRecord } from '../measure/machine-record.js'
import { judgeInstrument } from './self-check.js'
import { percentile } from '../measure/statistics.js'
import { judgeThresholds, parseThreshold } from '../measure/thresholds.js'
import { VECTOR_METRICS } from './metrics.js'
import { summarizeIngest } from './ingest.js'
import { countClasses, mergedLags, summarizeLevel } from './levels.js'
import type { VectorConfig } from './plan.js'
import type { Level, VectorResult } from './result.js'
import type { Findings } from './run.js'

/** Makes the result of what was measured; everything that is judged is judged here. */
export function assembleResult(order: VectorConfig, findings: Findings): VectorResult {
  const { plan, provenance } = order
  const { dataset, levels, measurements } = findings
  const summaries = levels.map((level, index) => summarizeLevel(level, measurements[index]))
  const all = measurements.flat()
  const lags = mergedLags(all)
  const errors = errorsOf(findings)
  const ingest = summarizeIngest(findings.ingests)
  const maximum = (figures: (number | null)[]) =>
    figures.reduce<number | null>((a, b) => (b === null ? a : Math.max(a ?? b, b)), null)
  const result: VectorResult = {
    schema: 'aibench/vector-result/2',
    kind: 'vectors',
    definitions: 1,
    runId: order.runId,
    startedAt: findings.startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    complete: findings.complete,
    simulated: provenance.simulated === true,
    product: { name: order.service.title, version: versionOf(provenance) },
    path: order.path,
    workload: {
      dataset: dataset.name,
      datasetHash: dataset.hash,
      vectors: dataset.count,
      dim: dataset.dim,
      queries: dataset.queryCount,
      k: plan.k,
      space: dataset.space,
      batch: findings.batch,
      seed: plan.seed,
      client: plan.client,
      profile: typeof provenance.profile === 'string' ? provenance.profile : null,
    },
    requests: requestsOf(summaries, ingest),
    collection: { createMs: findings.createMs },
    ingest,
    sequential: summaries[0],
    concurrent: concurrentOf(summaries, plan.concurrency),
    thresholds: [],
    instrument: judgeInstrument({
      levels: summaries,
      client: plan.client,
      ceilingPerSecond: findings.ceilingPerSecond,
      loopDelayP99Ms: maximum(all.map(({ loopDelayP99Ms }) => loopDelayP99Ms)),
      dispatchLag: {
        p50Ms: percentile(lags, 0.5),
        p99Ms: percentile(lags, 0.99),
        maxMs: lags.at(-1) ?? null,
      },
      peakRssBytes: findings.memory.peakClientBytes,
    }),
    server: {
      url: order.url,
      cores: maximum(summaries.map(({ serverCores }) => serverCores)),
      peakRssBytes: findings.memory.peakServerBytes,
    },
    errors,
    warnings: [...findings.notes, ...accessWarnings(order)],
    provenance: { ...provenance, worker: machineRecord() },
    files: {
      runDir: order.runDir,
      requests: 'requests.ndjson',
      plan: 'plan.json',
    },
  }
  const thresholds = plan.slo.map((text) => parseThreshold(text, VECTOR_METRICS))
  return { ...result, thresholds: judgeThresholds(thresholds, VECTOR_METRICS, result) }
}

/** The levels that were asked for; in an open loop all but the sequential one. */
function concurrentOf(levels: readonly Level[], asked: readonly number[]): Level[] {
  return levels
    .filter(
      ({ mode, concurrency }, index) =>
        mode === 'open' || (asked.includes(concurrency) && (index > 0 || asked.includes(1))),
    )
    .filter((level, _, kept) => level.mode === 'open' || !kept.some(({ mode }) => mode === 'open'))
}

function requestsOf(levels: readonly Level[], ingest: VectorResult['ingest']) {
  const sum = (figures: readonly number[]) => figures.reduce((a, b) => a + b, 0)
  const failed = sum(levels.map(({ errors }) => errors)) + ingest.errors
  const issued = sum(levels.map((level) => level.issued)) + ingest.batches
  return { issued, ok: issued - failed, failed, dropped: 0 }
}

function errorsOf({ measurements, ingests }: Findings): ErrorCount[] {
  const counts = countClasses([
    ...measurements.flat().flatMap(({ load }) => load.sent),
    ...ingests.flatMap(({ records }) => records),
  ])
  return Object.entries(counts)
    .map(([name, count]) => ({ class: name, count, example: null }))
    .sort((a, b) => b.count - a.count)
}

function versionOf({ server }: Record<string, unknown>): string | null {
  const version = (server as { version?: unknown } | null)?.version
  return typeof version === 'string' ? version : null
}
