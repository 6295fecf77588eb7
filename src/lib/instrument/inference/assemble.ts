import { availableParallelism } from 'node:os'
import { accessWarnings } from '../http/access.js'
import type { LoadPlan } from '../load/plan.js'
import { describeLoad } from '../load/schedule.js'
import type { WorkersUsage } from '../load/workers-usage.js'
import { machineRecord } from '../measure/machine-record.js'
import { percentile, spreadOf } from '../measure/statistics.js'
import { judgeThresholds, parseThreshold } from '../measure/thresholds.js'
import type { Ceiling } from './calibrate.js'
import type { InferenceOutcome } from './tally.js'
import { goodputOf } from './goodput.js'
import type { InferenceDataset } from './item.js'
import { INFERENCE_METRICS } from './metrics.js'
import type { InferenceConfig, InferencePlan } from './plan.js'
import type { ServerInfo } from './preflight.js'
import { figures } from './request-table.js'
import type { InferenceResult, ServerCheck, Structured } from './result.js'
import { scheduleHash } from './schedule.js'
import { judgeInference } from './self-check.js'
import { gateCoresOf, gateWarnings, serverUse } from './server-use.js'
import { structuredOf } from './structured-summary.js'
import { metricsOf, steadyMetricsOf, steadyThroughputOf, throughputOf } from './summary.js'

/** Everything that was found and measured. */
export interface Findings {
  startedAt: Date
  dataset: InferenceDataset
  server: ServerInfo
  /** One for each repeat. */
  main: readonly InferenceOutcome[]
  baseline: readonly InferenceOutcome[]
  structured: { kind: string; field: string; probe: Structured['probe'] } | null
  search: InferenceResult['search']
  ceiling: Ceiling | null
  usage: WorkersUsage
  check: ServerCheck
  complete: boolean
}

/** Makes the result of what was measured; everything that is judged is judged here. */
export function assembleInference(config: InferenceConfig, findings: Findings): InferenceResult {
  const { plan } = config
  const { main, dataset, server, usage } = findings
  const isOpen = plan.load.kind !== 'concurrency'
  const metrics = metricsOf(main, isOpen)
  const throughput = throughputOf(main)
  const requests = requestsOf(main)
  const steady = main.find((outcome) => outcome.steady !== null)?.steady
  const result: InferenceResult = {
    schema: 'aibench/inference-result/2',
    kind: 'inference',
    definitions: 1,
    runId: config.runId,
    startedAt: findings.startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    complete: findings.complete,
    simulated: config.provenance.simulated === true,
    product: productOf(config, server.version),
    path: config.path,
    gateCores: gateCoresOf(usage.server),
    workload: {
      model: server.model,
      endpoint: plan.endpoint,
      dataset: dataset.name,
      datasetHash: dataset.hash,
      scheduleHash: scheduleHash(plan, dataset),
      numPrompts: plan.numPrompts,
      load: describeLoad(shownLoad(plan, findings.search)),
      loadKind: plan.load.kind,
      seed: plan.seed,
      salt: server.salt,
      repeats: plan.repeats,
      clients: usage.workers,
    },
    requests,
    errors: errorsOf(main),
    firstError:
      main.find(({ tally }) => tally.notes.firstError !== null)?.tally.notes.firstError ?? null,
    metrics,
    throughput,
    goodput: plan.goodput === null ? null : goodputOf(plan.goodput, main),
    steady: steady
      ? {
          ...steady,
          metrics: steadyMetricsOf(main, isOpen),
          throughput: steadyThroughputOf(main),
        }
      : null,
    repeats: repeatsOf(main),
    structured: findings.structured && structuredOf({ ...findings.structured, ...findings }),
    thresholds: [],
    search: findings.search,
    instrument: judgeInference({
      outcomes: main,
      ...{ metrics, isOpen, isBurst: plan.load.kind === 'burst' },
      ...usage,
      cores: availableParallelism(),
      ceilingEventsPerSecond: findings.ceiling?.eventsPerCpuSecond ?? null,
      ceilingSpread: findings.ceiling?.eventsSpread ?? null,
    }),
    server: {
      url: config.url,
      cores: usage.serverCores,
      peakRssBytes: usage.peakServerBytes,
      ...serverUse(usage.server, throughput),
      check: findings.check,
    },
    warnings: [],
    provenance: { ...config.provenance, worker: machineRecord() },
    files: { runDir: config.runDir, ...FILES },
  }
  const thresholds = plan.slo.map((text) => parseThreshold(text, INFERENCE_METRICS))
  return {
    ...result,
    thresholds: judgeThresholds(thresholds, INFERENCE_METRICS, result),
    warnings: [...warningsOf(findings, result), ...accessWarnings(config), ...gateWarnings(result)],
  }
}

/** Of a search the figures are those of the rate that was found, or of the last that was tried. */
function shownLoad({ load }: InferencePlan, search: InferenceResult['search']): LoadPlan {
  const rate = search && (search.maxRatePerSecond ?? search.steps.at(-1)?.ratePerSecond)
  return rate && load.kind === 'rate'
    ? { ...load, ratePerSecond: Number(rate.toPrecision(3)) }
    : load
}

/** In the run's own directory. */
const FILES = { requests: 'requests.ndjson', series: 'series.ndjson', plan: 'plan.json' }

function requestsOf(outcomes: readonly InferenceOutcome[]): InferenceResult['requests'] {
  const sum = { issued: 0, ok: 0, failed: 0, dropped: 0 }
  for (const { table, dropped } of outcomes) {
    sum.dropped += dropped
    for (let row = 0; row < table.count; row++)
      if (table.isOk(row)) sum.ok++
      else sum.failed++
  }
  return { ...sum, issued: sum.ok + sum.failed }
}

function errorsOf(outcomes: readonly InferenceOutcome[]): InferenceResult['errors'] {
  const found = new Map<string, { count: number; example: string }>()
  for (const { table } of outcomes)
    for (let row = 0; row < table.count; row++) {
      if (table.isOk(row)) continue
      const at = table.get(row, 'errorClass')
      const known = found.get(table.classes[at]) ?? { count: 0, example: table.examples[at] }
      found.set(table.classes[at], { ...known, count: known.count + 1 })
    }
  return [...found]
    .map(([name, one]) => ({ class: name, ...one }))
    .sort((a, b) => b.count - a.count)
}

/** Any server may speak this protocol: one of others that does not say its version is not known by name. */
function productOf({ service, instance }: InferenceConfig, version: string | null) {
  return { name: instance === null && version === null ? null : service.title, version }
}

function repeatsOf(outcomes: readonly InferenceOutcome[]): InferenceResult['repeats'] {
  const each = outcomes.map((outcome) => {
    const { table } = outcome
    const ok = (row: number) => table.isOk(row)
    const ttft = table.values(figures(table).ttft, ok).sort()
    const tpot = table.values(figures(table).tpot, ok)
    return {
      outputTokensPerSecond: throughputOf([outcome]).outputTokensPerSecond,
      ttftP50Ms: percentile(ttft, 0.5),
      ttftP99Ms: percentile(ttft, 0.99),
      tpotMeanMs: tpot.length === 0 ? null : tpot.reduce((a, b) => a + b, 0) / tpot.length,
    }
  })
  const spread = (name: keyof (typeof each)[number]) => spreadOf(each.map((one) => one[name]))
  return {
    outputTokensPerSecond: spread('outputTokensPerSecond'),
    ttftP50Ms: spread('ttftP50Ms'),
    ttftP99Ms: spread('ttftP99Ms'),
    tpotMeanMs: spread('tpotMeanMs'),
  }
}

/** What to know before these figures are compared with others. */
function warningsOf(
  { main, server, structured, dataset }: Findings,
  result: InferenceResult,
): string[] {
  const count = (column: 'isCutShort' | 'isEstimated') =>
    main.reduce((sum, { table }) => {
      for (let row = 0; row < table.count; row++) if (table.isOk(row)) sum += table.get(row, column)
      return sum
    }, 0)
  const { check } = result.server
  const cutShort = count('isCutShort')
  const found: string[] = [...dataset.notes]
  if (cutShort > 0)
    found.push(
      `${cutShort} answers were cut by the server below the tokens asked for: prompt and answer do not fit the context${server.maxModelLen ? ` of ${server.maxModelLen}` : ''}`,
    )
  const [withoutDone, oddCount] = [
    main.reduce((sum, { tally }) => sum + tally.notes.withoutDone, 0),
    main.reduce((sum, { tally }) => sum + tally.notes.oddCount, 0),
  ]
  const withoutUsage = count('isEstimated') - oddCount
  if (withoutUsage > 0)
    found.push(`${withoutUsage} answers came without usage: their tokens are counted as events`)
  if (oddCount > 0)
    found.push(
      `${oddCount} answers brought a count of tokens that can't be true (below the events with text, or far beyond max_tokens): their tokens are counted as events`,
    )
  const hasUsage = withoutUsage + oddCount === 0
  if (hasUsage && result.metrics.itlMs.n === 0 && result.metrics.chunkGapMs.n > 0)
    found.push('the server counts tokens at the end only: there is no ITL, only chunk gaps')
  if (withoutDone > 0)
    found.push(`${withoutDone} answers ended without [DONE]: complete by their finish_reason`)
  if (server.trouble !== null)
    found.push(`the requests sent before measuring failed too: ${server.trouble}`)
  if (!server.features.finishReason)
    found.push(
      'the server never sends a finish_reason: an answer counts as whole by [DONE] behind its tokens',
    )
  const { unjudged = 0 } = result.structured?.constrained ?? {}
  if (unjudged > 0)
    found.push(`${unjudged} answers were not judged: that would have taken too long`)
  if (check.unavailable) found.push(`not compared with the server: ${check.unavailable}`)
  if (structured?.probe.honoured === false)
    found.push(`the server does not honour ${structured.field}: ${structured.probe.detail}`)
  const resent = main.reduce((sum, { connections }) => sum + connections.resent, 0)
  if (resent > 0)
    found.push(
      `the server closes connections after an answer without saying so: ${resent} requests met that and were sent on another`,
    )
  if (result.requests.dropped > 0)
    found.push(`${result.requests.dropped} requests were not sent: too many were in flight`)
  return found
}
