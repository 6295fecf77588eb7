import { availableParallelism } from 'node:os'
import { accessWarnings } from '../http/access.js'
import type { ErrorCount } from '../measure/envelope.js'
import { machineRecord } from '../measure/machine-record.js'
import { judgeThresholds, parseThreshold } from '../measure/thresholds.js'
import type { Findings } from './findings.js'
import { summarizeIngest } from './ingest.js'
import { VECTOR_METRICS } from './metrics.js'
import type { VectorConfig } from './plan.js'
import type { Level, VectorResult } from './result.js'
import { judgeInstrument } from './self-check.js'
import { summarizeLevel } from './summary.js'

/** Makes the result of what was measured; everything that is judged is judged here. */
export function assembleResult(config: VectorConfig, findings: Findings): VectorResult {
  const { plan, provenance } = config
  const { dataset, usage } = findings
  const levels = findings.levels.map((one) =>
    summarizeLevel(one.plan, one.measurements, plan.goodput),
  )
  const ingest = summarizeIngest(findings.ingests)
  const outcomes = findings.levels.flatMap(({ measurements }) =>
    measurements.map(({ outcome }) => outcome),
  )
  const result: VectorResult = {
    schema: 'aibench/vector-result/2',
    kind: 'vectors',
    definitions: 1,
    runId: config.runId,
    startedAt: findings.startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    complete: findings.complete,
    simulated: provenance.simulated === true,
    product: { name: config.service.title, version: versionOf(provenance) },
    path: config.path,
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
      clients: usage.workers,
      profile: typeof provenance.profile === 'string' ? provenance.profile : null,
    },
    requests: requestsOf(levels, ingest),
    collection: { createMs: findings.createMs },
    ingest,
    sequential: levels[0],
    concurrent: concurrentOf(levels, plan.concurrency),
    thresholds: [],
    search: findings.search,
    instrument: judgeInstrument({
      levels,
      outcomes,
      client: plan.client,
      ceilingPerSecond: findings.ceilingPerSecond,
      usage,
      cores: availableParallelism(),
    }),
    server: { url: config.url, cores: usage.serverCores, peakRssBytes: usage.peakServerBytes },
    errors: errorsOf(findings),
    warnings: [...findings.notes, ...accessWarnings(config)],
    provenance: { ...provenance, worker: machineRecord() },
    files: { runDir: config.runDir, requests: 'requests.ndjson', plan: 'plan.json' },
  }
  const thresholds = plan.slo.map((text) => parseThreshold(text, VECTOR_METRICS))
  return { ...result, thresholds: judgeThresholds(thresholds, VECTOR_METRICS, result) }
}

/** The levels that were asked for; in an open loop all but the sequential one. */
function concurrentOf(levels: readonly Level[], asked: readonly number[]): Level[] {
  const open = levels.filter(({ mode }) => mode === 'open')
  if (open.length > 0) return open
  return levels.filter(
    ({ concurrency }, index) => asked.includes(concurrency) && (index > 0 || asked.includes(1)),
  )
}

function requestsOf(levels: readonly Level[], ingest: VectorResult['ingest']) {
  const sum = (figures: readonly number[]) => figures.reduce((a, b) => a + b, 0)
  const issued = sum(levels.map((level) => level.issued)) + ingest.batches
  const dropped = sum(levels.map(({ errorsByClass }) => errorsByClass.dropped ?? 0))
  const failed = sum(levels.map(({ errors }) => errors)) + ingest.errors
  return { issued, ok: issued - failed, failed, dropped }
}

/** The most frequent first, with the first message of each. */
function errorsOf({ levels, ingests }: Findings): ErrorCount[] {
  const found = new Map<string, ErrorCount>()
  const add = (name: string, example: string | null, count = 1) => {
    const one = found.get(name)
    found.set(name, {
      class: name,
      count: (one?.count ?? 0) + count,
      example: one?.example ?? example,
    })
  }
  for (const { failure } of ingests) if (failure) add(failure.errorClass, failure.message)
  for (const { outcome } of levels.flatMap(({ measurements }) => measurements)) {
    const { table, dropped } = outcome
    if (dropped > 0) add('dropped', null, dropped)
    for (let row = 0; row < table.count; row++) {
      const at = table.get(row, 'errorClass')
      if (at >= 0) add(table.classes[at], table.examples[at] || null)
    }
  }
  return [...found.values()].sort((a, b) => b.count - a.count)
}

function versionOf({ server }: Record<string, unknown>): string | null {
  const version = (server as { version?: unknown } | null)?.version
  return typeof version === 'string' ? version : null
}
