import type { InferenceResult, Structured } from '../../../instrument/inference/result.js'
import {
  formatCount,
  formatDuration,
  formatLatency,
  formatNumber,
} from '../../../platform/units.js'
import { flow } from '../../../report/flow.js'
import type { Style } from '../../../report/style.js'
import { monitoringParts } from '../../face/monitoring-lines.js'

/** The lines below the table: a name, and what there is to say. */

const INDENT = 15

type Part = string | false | null | undefined

export function factLines(result: InferenceResult, style: Style): string[] {
  const isAnswered = result.requests.ok > 0
  const facts: readonly (readonly [string, readonly Part[]])[] = [
    ['throughput', isAnswered ? throughput(result) : []],
    ['steady', isAnswered ? steady(result) : []],
    ['requests', requests(result, style)],
    ['goodput', goodput(result)],
    ...structured(result.structured, style),
    ['repeats', repeats(result)],
    ['server', server(result, style)],
    ['client', client(result, style)],
    ['monitors', monitoringParts(result)],
  ]
  return facts.flatMap(([name, parts]) =>
    flow(parts, { width: style.columns, name: `  ${style.quiet(name)}`, indent: INDENT }),
  )
}

/** But for what stands in the line of the server. */
export function warningLines({ warnings, server }: InferenceResult, style: Style): string[] {
  const { unavailable } = server.check
  const others = warnings.filter((text) => unavailable === null || !text.endsWith(unavailable))
  return others.flatMap((text) =>
    flow([text], { width: style.columns, name: `  ${style.waiting('!')}`, indent: 4 }),
  )
}

function throughput({ throughput: t }: InferenceResult): Part[] {
  return [
    `${formatNumber(t.outputTokensPerSecond)} tokens/s out, ${formatNumber(t.totalTokensPerSecond)} tokens/s in and out`,
    `${formatNumber(t.requestsPerSecond)} requests/s over ${formatDuration(t.durationMs)}`,
    `concurrency ${formatNumber(t.meanConcurrency)} mean, ${formatCount(t.peakConcurrency)} peak`,
    t.tokensFrom === 'estimated' && 'tokens estimated: the server did not count them',
  ]
}

/** Said where it is not just the same again. */
function steady({ steady: s, throughput: t }: InferenceResult): Part[] {
  if (!s) return []
  return [
    `${formatNumber(s.throughput.outputTokensPerSecond)} tokens/s out over ${formatDuration(s.toMs - s.fromMs)} of ${formatDuration(t.durationMs)}, without start and end`,
    `TTFT p99 ${latency(s.metrics.ttftMs.p99)}`,
    `TPOT mean ${latency(s.metrics.tpotMs.mean)}`,
  ]
}

function requests({ requests: r, errors, firstError }: InferenceResult, style: Style): Part[] {
  const classes = errors.map(({ class: name, count }) => `${formatCount(count)} ${name}`)
  return [
    `${formatCount(r.issued)} issued`,
    `${formatCount(r.ok)} ok`,
    r.failed === 0
      ? '0 failed'
      : style.bad(`${formatCount(r.failed)} failed: ${classes.join(', ')}`),
    r.dropped > 0 && style.waiting(`${formatCount(r.dropped)} never sent`),
    firstError && `first: ${firstError.class}: ${firstError.message}`,
  ]
}

function goodput({ goodput: g }: InferenceResult): Part[] {
  return g
    ? [
        `${formatNumber(g.perSecond)} requests/s keep ${g.text}`,
        `${percent(g.shareOfIssued)} of all`,
      ]
    : []
}

function structured(s: Structured | null, style: Style): [string, Part[]][] {
  if (!s) return []
  const { constrained: c, unconstrained: u, overhead, firstUse } = s
  const judged = c.valid + c.invalid
  return [
    [
      'structured',
      [
        `${s.kind}: ${formatCount(c.valid)} of ${formatCount(judged)} complete answers valid${share(c.validShare)}`,
        c.invalid > 0 && style.bad(`${formatCount(c.invalid)} invalid`),
        c.truncated > 0 && style.waiting(`${formatCount(c.truncated)} cut short`),
        c.failed > 0 && `${formatCount(c.failed)} failed`,
        `sent as ${s.field}, ${honoured(s.probe.honoured, style)}`,
      ],
    ],
    [
      '',
      [
        c.examples[0] && `invalid: ${c.examples[0].why}`,
        u !== null &&
          u.valid + u.invalid > 0 &&
          `without constraints ${formatCount(u.valid)} of ${formatCount(u.valid + u.invalid)} valid`,
      ],
    ],
    [
      '',
      [
        overhead &&
          `constraints cost: TTFT ${times(overhead.ttftMs.ratio)}, TPOT ${times(overhead.tpotMs.ratio)}, tokens/s ${times(overhead.outputTokensPerSecond.ratio)}`,
        s.lengthsDiffer &&
          style.waiting(
            `answers differ in length: ${formatNumber(s.lengthsDiffer.constrained)} tokens with constraints, ${formatNumber(s.lengthsDiffer.unconstrained)} without: the ratios are of both`,
          ),
        firstUse.firstMs !== null &&
          firstUse.laterMs !== null &&
          `TTFT ${latency(firstUse.firstMs)} on first use of ${firstUse.distinct === 1 ? 'a constraint' : `${formatCount(firstUse.distinct)} constraints`}, ${latency(firstUse.laterMs)} after`,
      ],
    ],
  ]
}

function honoured(isHonoured: boolean | null, style: Style): string {
  if (isHonoured === null) return 'not tried before'
  return isHonoured ? 'server enforces them' : style.bad('server does NOT enforce them')
}

function repeats({ repeats: r, workload, metrics }: InferenceResult): Part[] {
  const { median, min, max, n } = r.outputTokensPerSecond
  if (workload.repeats < 2 || n < 2 || !median) return []
  const { ci95 } = metrics.ttftMs
  const { median: ttft, min: low, max: high } = r.ttftP99Ms
  return [
    `${n}: ${formatNumber(min!)}–${formatNumber(max!)} tokens/s out, within ${Math.ceil((Math.max(max! - median, median - min!) / median) * 100)} %`,
    ttft !== null && `TTFT p99 ${formatNumber(low!)}–${formatNumber(high!)} ms`,
    ci95 && `its mean ${formatNumber(ci95[0])}–${formatNumber(ci95[1])} ms with 95 %`,
  ]
}

/** Gauges that were looked at less often say too little of what was between. */
const LEAST_LOOKS = 5
/** From here on the client's TTFT is so much above the server's that it wants a word; shares of next to nothing do not. */
const NOTABLE_GAP = { ms: 5, share: 0.2 }

type Server = InferenceResult['server']

function server({ server, metrics }: InferenceResult, style: Style): Part[] {
  const { check } = server
  const [full, usage] = [frontEnd(server, style), used(server)]
  if (check.unavailable !== null)
    return [...full, style.quiet(`not asked: ${check.unavailable}`), ...usage]
  const parts = [
    check.queueMs !== null && `queue ${formatLatency(check.queueMs)}`,
    check.prefillMs !== null && `prefill ${formatLatency(check.prefillMs)}`,
  ].filter(Boolean)
  const said = check.ttftMs?.server ?? null
  return [
    ...full,
    said !== null &&
      `TTFT mean ${latency(said)}${parts.length > 0 ? ` (${parts.join(', ')})` : ''}`,
    outside(said, metrics.ttftMs.mean),
    check.verdict === 'reconciled' && 'request and token counts match',
    check.verdict === 'unreconciled' && style.bad(`unreconciled: ${check.findings.join('; ')}`),
    check.prefixCacheHitShare !== null && `prefix cache hits ${percent(check.prefixCacheHitShare)}`,
    (check.preemptions ?? 0) > 0 && style.waiting(`${formatCount(check.preemptions!)} preemptions`),
    check.looks >= LEAST_LOOKS &&
      check.peakRunning !== null &&
      `seen: ${formatCount(check.peakRunning)} running, ${formatCount(check.peakWaiting ?? 0)} waiting` +
        (check.peakKvCacheShare === null ? '' : `, KV cache ${percent(check.peakKvCacheShare)}`),
    ...usage,
  ]
}

/** What of the client's TTFT the server does not know of. */
function outside(serverMs: number | null, clientMs: number | null): Part {
  if (serverMs === null || clientMs === null) return null
  const gapMs = clientMs - serverMs
  return (
    gapMs > NOTABLE_GAP.ms &&
    gapMs > NOTABLE_GAP.share * clientMs &&
    `${latency(gapMs)} of TTFT outside the engine’s clock: front end and network`
  )
}

/** What a server with a full front end needs to hear first. */
function frontEnd({ processes, gpus, isFrontEndFull }: Server, style: Style): Part[] {
  const api = processes?.find(({ role }) => role === 'api')
  if (!isFrontEndFull || !api) return []
  const which = api.count === 1 ? 'API process' : `busiest of ${api.count} API processes`
  const cores = formatNumber(api.busiestCores, 2)
  return [
    style.waiting(
      [`${which} ${cores} cores: its front end is full`, gpuText(gpus)].filter(Boolean).join('; '),
    ),
    `try --vllm-arg=--api-server-count=${Math.max(4, 2 * api.count)} at start`,
  ]
}

function used({ processes, gpus, isFrontEndFull }: Server): Part[] {
  const cores = ROLES.flatMap(([role, name]) => {
    const one = processes?.find((process) => process.role === role)
    const count = one && one.count > 1 ? ` (${one.count} processes)` : ''
    return one ? `${name} ${formatNumber(one.cores, 2)}${count}` : []
  })
  return [
    cores.length > 0 && `cores: ${cores.join(', ')}`,
    // Said with the finding.
    !isFrontEndFull && gpuText(gpus),
  ]
}

/** `GPU 41 % mean, 348 W, 46.4 tokens/J`; of several, the mean over them and the power of all. */
function gpuText(gpus: Server['gpus']): Part {
  if (!gpus) return null
  const { busyShare, powerW, tokensPerJoule, each } = gpus
  const known = [
    busyShare && `${percent(busyShare.mean)} mean`,
    powerW && `${formatNumber(powerW.mean)} W`,
    tokensPerJoule !== null && `${formatNumber(tokensPerJoule)} tokens/J`,
  ].filter(Boolean)
  return (
    known.length > 0 && `${each.length > 1 ? `${each.length} GPUs` : 'GPU'} ${known.join(', ')}`
  )
}

const ROLES = [
  ['api', 'API'],
  ['engine', 'engine'],
  ['worker', 'worker'],
] as const

/** Of a client that was fine only what it used; of one that was not, what that means for the figures. */
function client({ instrument: i }: InferenceResult, style: Style): Part[] {
  const used = `${Math.round(i.clientCores * 100)} % of a core`
  return [
    i.verdict === 'ok'
      ? `ok (${used}${i.workers > 1 ? `, the busiest of ${i.workers} processes` : ''})`
      : style.bad(i.findings.join('; ')),
    i.clockOffsetMs !== null && i.clockOffsetMs >= 1 && `clocks within ${latency(i.clockOffsetMs)}`,
  ]
}

function latency(ms: number | null): string {
  return ms === null ? '–' : formatLatency(ms)
}

/** Shares near 0 and 1 keep the digit that matters. */
export function percent(share: number): string {
  const value = share * 100
  const digits = value === 0 || value === 100 || (value >= 10 && value < 99) ? 0 : 1
  return `${value.toFixed(digits)} %`
}

function share(value: number | null): string {
  return value === null ? '' : ` (${percent(value)})`
}

function times(ratio: number | null): string {
  return ratio === null ? '–' : `×${ratio.toFixed(2)}`
}
