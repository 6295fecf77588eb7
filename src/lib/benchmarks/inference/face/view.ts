import type { InferenceResult, Validity } from '../../../instrument/inference/result.js'
import { describeHardware } from '../../../platform/hardware-text.js'
import { formatCount, formatLatency, formatNumber } from '../../../platform/units.js'
import { flow } from '../../../report/flow.js'
import { factLines, warningLines } from './facts.js'
import type { Column } from '../../../report/table.js'
import { hasUnreliableP99, isLate, latencyTable } from './table.js'
import type { Shown } from '../../face/face.js'
import { fileLines, pathText } from '../../face/where-lines.js'
import { searchLines } from '../../face/search-lines.js'
import type { Style } from '../../../report/style.js'
import { thresholdLines } from '../../face/threshold-lines.js'
import { verdictLine } from '../../face/verdict-line.js'

/** The answer first (thresholds), then what it rests on, then what to type next. */
export function inferenceView(
  result: InferenceResult,
  style: Style,
  { service, verdict }: Shown,
): string {
  return [
    ...heading(result, service, style),
    '',
    ...thresholdLines(result.thresholds, !result.instrument.saturated, style),
    ...searchLines(result.search, STEP_COLUMNS, style),
    ...measured(result, style),
    ...factLines(result, style),
    ...warningLines(result, style),
    ...fileLines(result, service, style),
    ...verdictLine(verdict, { thresholds: result.thresholds, figures: summary(result) }, style),
  ].join('\n')
}

/** One line for scripts and logs. */
export function inferenceLine(result: InferenceResult): string {
  const { metrics, throughput, requests } = result
  const ms = (value: number | null) => value?.toFixed(3) ?? 'null'
  return [
    `run=${result.runId}`,
    ...(result.simulated ? ['simulated=true'] : []),
    `output_tps=${throughput.outputTokensPerSecond.toFixed(1)}`,
    `rps=${throughput.requestsPerSecond.toFixed(3)}`,
    `ttft_p99_ms=${ms(metrics.ttftMs.p99)}`,
    `tpot_mean_ms=${ms(metrics.tpotMs.mean)}`,
    `ok=${requests.ok}`,
    `failed=${requests.failed}`,
    ...(result.structured ? validityWords(result.structured.constrained) : []),
    ...(result.search ? [`max_rate=${result.search.maxRatePerSecond ?? 'null'}`] : []),
    `verdict=${result.instrument.verdict}`,
  ].join(' ')
}

function validityWords({ valid, invalid, truncated, validShare }: Validity): string[] {
  return [
    `valid=${valid}`,
    `invalid=${invalid}`,
    `truncated=${truncated}`,
    `valid_share=${validShare?.toFixed(4) ?? 'null'}`,
  ]
}

function heading(result: InferenceResult, service: string, style: Style): string[] {
  const { runId, workload, product, simulated, complete, provenance } = result
  const { model, dataset, numPrompts, load, repeats, seed } = workload
  // A duration may have ended it before.
  const count = Math.min(numPrompts, result.requests.issued)
  const line = (...parts: Parameters<typeof flow>[0]) =>
    flow(parts, { width: style.columns, indent: 0 })
  return [
    ...line(
      `${service} bench · run ${runId}`,
      simulated && style.waiting('SIMULATED: not real performance'),
      !complete && style.bad('INTERRUPTED: what was measured until then'),
    ),
    ...line(
      [model, product.version && `${product.name} ${product.version}`].filter(Boolean).join(' on '),
      describeHardware(provenance),
      pathText(result.path),
    ),
    ...line(
      `${formatCount(count)} requests, ${load}`,
      repeats > 1 && `${repeats} repeats`,
      dataset,
      `${workload.endpoint}, seed ${seed}`,
    ),
  ]
}

/** `508 tokens/s · TTFT p99 412 ms`. */
function summary({ throughput, metrics }: InferenceResult): string {
  const { p99 } = metrics.ttftMs
  const tokens = `${formatNumber(throughput.outputTokensPerSecond)} tokens/s`
  return p99 === null ? tokens : `${tokens} · TTFT p99 ${formatLatency(p99)}`
}

/** All failed: a table of zeros would say less than nothing. */
function measured({ metrics, requests }: InferenceResult, style: Style): string[] {
  if (requests.ok === 0) return []
  const notes = [
    hasUnreliableP99(metrics) && '? p99 from fewer than 662 samples: not reliable',
    metrics.fromSchedule &&
      !isLate(metrics) &&
      'measured from when each request was due: the same within 1 %',
  ]
  return [
    ...latencyTable(metrics, style),
    ...flow(notes, { width: style.columns, indent: 2 }).map((line) => style.quiet(line)),
    '',
  ]
}

const STEP_COLUMNS: Column<NonNullable<InferenceResult['search']>['steps'][number]>[] = [
  {
    title: 'TTFT p99',
    text: ({ ttftP99Ms }) => (ttftP99Ms === null ? '–' : `${formatNumber(ttftP99Ms)} ms`),
    align: 'right',
    importance: 8,
  },
]
