import type { InferenceResult } from '../bench/inference/result.js'
import { formatCount, formatNumber } from '../platform/units.js'
import { flow } from './flow.js'
import { factLines, warningLines } from './inference-facts.js'
import { hasUnreliableP99, isLate, latencyTable } from './inference-table.js'
import { againCommand, pathText } from './measuring-path.js'
import type { Style } from './style.js'
import { renderTable } from './table.js'
import { thresholdLines } from './threshold-lines.js'

/** The answer first (thresholds), then what it rests on, then what to type next. */
export function inferenceView(result: InferenceResult, style: Style): string {
  return [
    ...heading(result, style),
    '',
    ...thresholdLines(result.thresholds, style),
    ...searchLines(result, style),
    ...measured(result, style),
    ...factLines(result, style),
    ...warningLines(result, style),
    ...fileLines(result, style),
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
    `verdict=${result.instrument.verdict}`,
  ].join(' ')
}

function heading(result: InferenceResult, style: Style): string[] {
  const { runId, workload, server, simulated, complete } = result
  const { model, dataset, numPrompts, load, repeats, seed } = workload
  // A duration may have ended it before.
  const count = Math.min(numPrompts, result.requests.issued)
  return flow(
    [
      'vllm bench',
      simulated && style.waiting('SIMULATED: no figures of a machine'),
      !complete && style.bad('INTERRUPTED: what was measured until then'),
      `run ${runId}`,
      [model, server.version && `vLLM ${server.version}`].filter(Boolean).join(' on '),
      `${formatCount(count)} requests, ${load}`,
      dataset,
      workload.endpoint,
      pathText(result.path),
      `seed ${seed}`,
      repeats > 1 && `${repeats} repeats`,
    ],
    { width: style.columns, indent: 0 },
  )
}

/** All failed: a table of zeros would say less than nothing. */
function measured({ metrics, requests }: InferenceResult, style: Style): string[] {
  if (requests.ok === 0) return []
  const notes = [
    hasUnreliableP99(metrics) && '? from fewer than 662 samples, which can’t bound a p99',
    metrics.fromSchedule &&
      !isLate(metrics) &&
      'the same within 1 % from the time at which each request was due',
  ]
  return [
    ...latencyTable(metrics, style),
    ...flow(notes, { width: style.columns, indent: 2 }).map((line) => style.quiet(line)),
    '',
  ]
}

function searchLines({ search }: InferenceResult, style: Style): string[] {
  if (!search) return []
  const rows = renderTable<(typeof search.steps)[number]>(
    [
      {
        title: 'rate',
        text: ({ ratePerSecond }) => `${formatNumber(ratePerSecond)}/s`,
        align: 'right',
        importance: 10,
      },
      {
        title: '',
        text: ({ met, valid }) => (!valid ? '?' : met ? '✓' : '✗'),
        importance: 10,
        paint: (text, { met, valid }) =>
          !valid ? style.waiting(text) : met ? style.good(text) : style.bad(text),
      },
      {
        title: 'achieved',
        text: ({ achievedPerSecond }) => `${formatNumber(achievedPerSecond)}/s`,
        align: 'right',
        importance: 8,
      },
      {
        title: 'TTFT p99',
        text: ({ ttftP99Ms }) => (ttftP99Ms === null ? '–' : `${formatNumber(ttftP99Ms)} ms`),
        align: 'right',
        importance: 8,
      },
      {
        title: '',
        text: ({ met, valid }) =>
          !valid ? 'the client was the limit' : met ? '' : 'a threshold was missed',
        importance: 4,
        paint: (text) => style.quiet(text),
      },
    ],
    search.steps,
    style,
    '  ',
  )
  const answer =
    search.maxRatePerSecond === null
      ? style.bad('no rate that was tried keeps the thresholds')
      : `${style.good(`${formatNumber(search.maxRatePerSecond)} requests/s`)} is the highest rate that keeps them; the figures below are of that rate`
  return [...flow([answer], { width: style.columns, name: ' ', indent: 2 }), '', ...rows, '']
}

function fileLines({ files, runId, provenance }: InferenceResult, style: Style): string[] {
  return [
    `${style.quiet('files:')} ${files.runDir}`,
    ...flow(
      [
        `${style.quiet('again:')} ${againCommand('vllm', runId, provenance)}`,
        // Of somebody's server there is nothing to archive but this folder.
        provenance.server !== null && `${style.quiet('keep:')} aibench vllm save`,
      ],
      { width: style.columns, indent: 0, between: '    ' },
    ),
  ]
}
