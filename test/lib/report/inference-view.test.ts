import { expect } from 'chai'
import { stripVTControlCharacters } from 'node:util'
import { inferenceLine, inferenceView } from '../../../src/lib/report/inference-view.js'
import { chooseStyle, plainStyle } from '../../../src/lib/report/style.js'
import type { InferenceResult } from '../../../src/lib/bench/inference/result.js'
import {
  distributionWith,
  inferenceResult,
  structuredResult,
} from '../../support/inference-result.js'

const base = inferenceResult()
const { metrics, instrument, server } = base

/** All that can be said at once. */
const full = inferenceResult({
  simulated: true,
  complete: false,
  structured: structuredResult(),
  workload: { ...base.workload, repeats: 3, dataset: 'json-schema, 57 schemas' },
  metrics: {
    ...metrics,
    ttfoMs: distributionWith(300, { n: 31, p99Reliable: false }),
    chunkGapMs: distributionWith(44),
    fromSchedule: { ttftMs: distributionWith(8810), e2eMs: distributionWith(15_710) },
  },
  repeats: {
    ...base.repeats,
    outputTokensPerSecond: { median: 508, min: 490, max: 515, stdev: 9, n: 3 },
  },
  search: {
    maxRatePerSecond: 12.5,
    boundBy: 'server',
    steps: [
      {
        ...{ ratePerSecond: 4, met: true, valid: true, verdict: 'ok', reason: null },
        ...{ requests: 40, achievedPerSecond: 3.99, ttftP99Ms: 120 },
      },
      {
        ...{ ratePerSecond: 16, met: false, valid: true, verdict: 'threshold-missed' },
        reason: 'missed ttft_p99<500ms',
        ...{ requests: 160, achievedPerSecond: 14.1, ttftP99Ms: 2912 },
      },
      {
        ...{ ratePerSecond: 32, met: false, valid: false, verdict: 'client-bound' },
        reason: 'the client was the limit: 0.98 of one core',
        ...{ requests: 320, achievedPerSecond: 20.1, ttftP99Ms: null },
      },
    ],
  },
  warnings: ['3 answers were cut at 128 tokens, because the server’s context is 2 048 tokens'],
})

function linesOf(result: InferenceResult, columns = 80): string[] {
  return inferenceView(result, { ...plainStyle, columns }).split('\n')
}
function lineOf(result: InferenceResult, beginning: RegExp, columns = 120): string {
  return linesOf(result, columns).find((line) => beginning.test(line)) ?? ''
}

describe('the report of an inference benchmark', () => {
  for (const columns of [80, 120])
    for (const [title, result] of [
      ['a plain run', base],
      ['a run with everything', full],
    ] as const)
      it(`${title} fits into ${columns} columns`, () => {
        const style = chooseStyle({ isTty: true, columns, noColorFlag: false, variables: {} })
        const lines = stripVTControlCharacters(inferenceView(result, style)).split('\n')
        const wide = lines.filter(
          (line) => [...line].length > columns && !line.startsWith('files:'),
        )
        expect(wide).to.deep.equal([])
        expect(lines.join('\n')).to.not.match(/undefined|NaN|\[object/)
      })

  it('begins with what was asked, then shows what it rests on, then what to type', () => {
    const lines = linesOf(base)
    const at = (part: string) => lines.findIndex((line) => line.includes(part))
    expect([
      at('✓ TTFT p99 < 500 ms   352.4 ms'),
      at('✗ TPOT mean < 10 ms'),
      at('p99.9'),
    ]).to.deep.equal([3, 4, 6])
    expect(lines.at(-1)).to.equal(
      'again: aibench vllm bench --plan c19d    keep: aibench vllm save',
    )
  })

  it('shows mean, median, tails and shape of each time, in one unit a row', () => {
    expect(lineOf(base, /TTFT {2}ms/)).to.match(
      /^ {2}TTFT {2}ms +96\.9 +88\.1 +141 +352 +617 +705 {2}[▁-█]{6} +998 {2}to the first token/,
    )
    expect(lineOf(full, /when due {2}( s|ms)/)).to.match(/ms +9 690 +8 810/)
    expect(linesOf(full).filter((line) => line.includes('when due'))[1]).to.match(
      / s +17\.3 +15\.7/,
    )
  })

  it('leaves out rows that would repeat the one above', () => {
    const rows = (result: InferenceResult) =>
      ['TTFO', 'chunk gap', 'when due'].filter((name) =>
        linesOf(result).some((line) => line.trim().startsWith(name)),
      )
    expect(rows(base)).to.deep.equal([])
    expect(rows(full)).to.deep.equal(['TTFO', 'chunk gap', 'when due'])
    expect(linesOf(base).join()).to.include('the same within 1 % from the time')
    expect(linesOf(full).join()).to.not.include('the same within 1 %')
  })

  it('marks a p99 that the samples can’t bound', () => {
    expect(lineOf(full, /TTFO/)).to.include('1 200 ?')
    expect(linesOf(full).join('\n')).to.include('? from fewer than 662 samples')
    expect(linesOf(base).join('\n')).to.not.include('662')
  })

  it('says SIMULATED and INTERRUPTED in the heading, and neither of a real and whole run', () => {
    expect(linesOf(full)[0]).to.match(/^vllm bench · SIMULATED: no figures of a machine/)
    expect(linesOf(full).slice(0, 3).join()).to.include('INTERRUPTED')
    expect(linesOf(base).join()).to.not.match(/SIMULATED|INTERRUPTED/)
  })

  it('accounts for every request by class', () => {
    expect(lineOf(base, /requests {2}/)).to.equal(
      '  requests     1 000 issued · 998 ok · 2 failed: 1 stream_error, 1 ttft_timeout',
    )
    expect(linesOf(base).join()).to.include('first: stream_error: EngineCore encountered an issue')
  })

  it('keeps valid, invalid, cut and failed answers apart, and tells what constraints cost', () => {
    const text = linesOf(full, 200).join('\n')
    expect(text).to.include(
      'json: 640 of 652 complete answers valid (98 %) · 12 invalid · 3 cut short · 1 failed · ' +
        'sent as structured_outputs, seen to be honoured',
    )
    expect(text).to.include('without constraints 2 of 660 valid')
    const structured = { ...structuredResult() }
    structured.unconstrained = {
      ...structured.unconstrained!,
      valid: 0,
      invalid: 0,
      truncated: 660,
    }
    expect(linesOf(inferenceResult({ structured })).join()).to.not.include('without constraints')
    expect(text).to.include('TTFT × 1.12 · TPOT × 1.04 · tokens/s × 0.96')
    expect(text).to.include('TTFT 141 ms when a constraint is new (52 of them), 96.0 ms later')
  })

  it('shows every rate of a search, and the answer', () => {
    const text = linesOf(full, 120).join('\n')
    expect(text).to.include('12.5 requests/s is the highest rate that keeps them')
    expect(text).to.match(/4\.00\/s {2}✓ +3\.99\/s +120 ms/)
    expect(text).to.match(/16\.0\/s {2}✗ .* a threshold was missed/)
    expect(text).to.match(/32\.0\/s {2}\? .* the client was the limit/)
  })

  it('tells what the server says, or why it was not asked', () => {
    expect(lineOf(base, /server {2}/, 200)).to.include(
      'says TTFT mean 84.0 ms (queue 6.10, prefill 77.9) · the same requests and tokens · prefix cache hits 0.1 %',
    )
    const check = { ...server.check, unavailable: 'it has no /metrics' }
    expect(lineOf(inferenceResult({ server: { ...server, check } }), /server {2}/)).to.equal(
      '  server       not asked: it has no /metrics',
    )
    const other = { ...server.check, verdict: 'unreconciled' as const, findings: ['4 more'] }
    expect(
      lineOf(inferenceResult({ server: { ...server, check: other } }), /server {2}/),
    ).to.include('unreconciled: 4 more')
  })

  it('is red where the instrument was the limit', () => {
    const style = { ...plainStyle, bad: (text: string) => `<red>${text}</red>` }
    const findings = ['the client was the limit: 0.98 cores']
    const result = inferenceResult({
      instrument: { ...instrument, verdict: 'client-bound', saturated: true, findings },
    })
    expect(inferenceView(result, style)).to.include(`<red>${findings[0]}</red>`)
    expect(inferenceView(base, style)).to.not.match(/<red>fine/)
  })

  it('shows no table of zeros when all has failed', () => {
    const failed = inferenceResult({
      requests: { issued: 10, ok: 0, failed: 10, dropped: 0 },
      errors: [{ class: 'http_503', count: 10, example: 'HTTP 503' }],
    })
    expect(linesOf(failed).join('\n')).to.not.match(/TTFT {2}ms/)
    expect(lineOf(failed, /requests {2}/)).to.include('0 ok · 10 failed: 10 http_503')
  })

  it('has one line for scripts', () => {
    expect(inferenceLine(base)).to.equal(
      'run=c19d output_tps=508.0 rps=3.970 ttft_p99_ms=352.400 tpot_mean_ms=12.760 ok=998 failed=2 verdict=ok',
    )
    expect(inferenceLine(full)).to.include(' simulated=true ')
  })
})
