import { expect } from 'chai'
import { stripVTControlCharacters } from 'node:util'
import {
  inferenceLine,
  inferenceView,
} from '../../../../../src/lib/benchmarks/inference/face/view.js'
import { chooseStyle, plainStyle } from '../../../../../src/lib/report/style.js'
import type { InferenceResult } from '../../../../../src/lib/instrument/inference/result.js'
import {
  distributionWith,
  inferenceResult,
  structuredResult,
} from '../../../../support/inference-result.js'

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

const OPEN = { service: 'vllm', verdict: null } as const

function linesOf(result: InferenceResult, columns = 80): string[] {
  return inferenceView(result, { ...plainStyle, columns }, OPEN).split('\n')
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
        const lines = stripVTControlCharacters(inferenceView(result, style, OPEN)).split('\n')
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
      at('✓ TTFT p99 < 500 ms   352 ms'),
      at('✗ TPOT mean < 10 ms'),
      at('p99.9'),
    ]).to.deep.equal([4, 5, 7])
    expect(lines.at(-1)).to.equal(
      'again: aibench vllm bench --plan c19d    keep: aibench vllm save',
    )
  })

  it('shows mean, median, tails and shape of each time, in one unit a row', () => {
    expect(lineOf(base, /TTFT {2}ms/)).to.match(
      /^ {2}TTFT {2}ms +96\.9 +88\.1 +141 +352 +617 +705 +998 {2}time to first token/,
    )
    expect(lineOf(full, /from due {2}( s|ms)/)).to.match(/ms +9 690 +8 810/)
    expect(linesOf(full).filter((line) => line.includes('from due'))[1]).to.match(
      / s +17\.3 +15\.7/,
    )
  })

  it('leaves out rows that would repeat the one above', () => {
    const rows = (result: InferenceResult) =>
      ['TTFO', 'chunk gap', 'from due'].filter((name) =>
        linesOf(result).some((line) => line.trim().startsWith(name)),
      )
    expect(rows(base)).to.deep.equal([])
    expect(rows(full)).to.deep.equal(['TTFO', 'chunk gap', 'from due'])
    expect(linesOf(base).join()).to.include('measured from when each request was due: the same')
    expect(linesOf(full).join()).to.not.include('the same within 1 %')
  })

  it('marks a p99 that the samples can’t bound', () => {
    expect(lineOf(full, /TTFO/)).to.include('1 200 ?')
    expect(linesOf(full).join('\n')).to.include('? p99 from fewer than 662 samples: not reliable')
    expect(linesOf(base).join('\n')).to.not.include('662')
  })

  it('says SIMULATED and INTERRUPTED in the heading, and neither of a real and whole run', () => {
    expect(linesOf(full)[0]).to.match(/^vllm bench · run c19d · SIMULATED: not real performance/)
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
        'sent as structured_outputs, server enforces them',
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
    expect(text).to.include('constraints cost: TTFT ×1.12, TPOT ×1.04, tokens/s ×0.96')
    expect(text).to.include('TTFT 141 ms on first use of 52 constraints, 96.0 ms after')
  })

  it('shows every look of a search with its reason, and what is known of the rate', () => {
    const lines = linesOf(full, 120)
    const at = lines.findIndex((line) => line.includes('12.5 requests/s'))
    expect(lines.slice(at, at + 6)).to.deep.equal([
      '  12.5 requests/s is the highest rate that keeps the thresholds; 16.0/s misses one; the figures below are of 12.5/s',
      '',
      '    rate     achieved  requests  TTFT p99',
      '  4.00/s  ✓    3.99/s        40    120 ms',
      '  16.0/s  ✗    14.1/s       160  2 910 ms  missed ttft_p99<500ms',
      '  32.0/s  ?    20.1/s       320         –  the client was the limit: 0.98 of one core',
    ])
  })

  for (const [title, change, expected] of [
    [
      'the client was the bound',
      { boundBy: 'client' },
      /at least 12\.5 requests\/s keep the thresholds; above that the client was itself the limit/,
    ],
    [
      'it was not bracketed',
      { boundBy: 'none' },
      /at least 12\.5 .*; the search ended before a rate missed one/,
    ],
    [
      'nothing held',
      { maxRatePerSecond: null },
      /no rate keeps the thresholds from 32\.0\/s down to 4\.00\/s/,
    ],
    [
      'the client could not tell',
      { maxRatePerSecond: null, boundBy: 'client' },
      /not known: from 32\.0\/s down to 4\.00\/s the client could not tell/,
    ],
  ] as const)
    it(`claims no more than it knows where ${title}`, () =>
      expect(
        linesOf(inferenceResult({ search: { ...full.search!, ...change } }), 160).join('\n'),
      ).to.match(expected))

  it('says of a rate above which more came that it was the draw', () => {
    const [step] = full.search!.steps
    const search = { ...full.search!, steps: [{ ...step, achievedPerSecond: 4.4 }] }
    expect(linesOf(inferenceResult({ search }), 160).join('\n')).to.include('Poisson arrivals')
    expect(linesOf(full).join('\n')).to.not.include('Poisson arrivals')
  })

  it('marks the threshold of a percentile that is not reliable, and of a client that was late', () => {
    const [ttft, tpot] = base.thresholds
    const few = { ...ttft, samples: 5, reliable: false }
    expect(linesOf(inferenceResult({ thresholds: [few, tpot] })).slice(4, 6)).to.deep.equal([
      '  ✓? TTFT p99 < 500 ms   352 ms  ? from 5 samples',
      '  ✗  TPOT mean < 10 ms   12.8 ms',
    ])
    const late = { ...instrument, verdict: 'late' as const, saturated: true }
    expect(linesOf(inferenceResult({ instrument: late })).join()).to.include('✗? TPOT mean')
  })

  it('names the machine in the heading, and repeats the verdict in the last line', () => {
    const provenance = {
      nodes: ['mel2041'],
      server: { kind: 'image', path: '/project/vllm.sif', parallel: { tensor: 4, pipeline: 1 } },
      hardware: { text: '4 × NVIDIA A100-SXM4-40GB', gpuCount: 4 },
    }
    const lines = inferenceView(inferenceResult({ provenance }), plainStyle, {
      ...OPEN,
      verdict: 'threshold-missed',
    })
    expect(lines.split('\n').slice(0, 4)).to.deep.equal([
      'vllm bench · run c19d',
      'Llama-3.1-8B-Instruct on vLLM 0.32.0',
      '4 × A100-SXM4-40GB (mel2041) · TP 4 × PP 1 · vllm.sif',
      '1 000 requests, Poisson 4/s · random 1 024 → 128 · completions, seed 1',
    ])
    expect(lines.split('\n').at(-1)).to.equal('✗ threshold-missed · TPOT mean < 10 ms: 12.8 ms')
    const plain = inferenceResult({ thresholds: [] })
    expect(
      inferenceView(plain, plainStyle, { ...OPEN, verdict: 'ok' })
        .split('\n')
        .at(-1),
    ).to.equal('✓ ok · 508 tokens/s · TTFT p99 352 ms')
  })

  it('tells what the server says, or why it was not asked', () => {
    expect(lineOf(base, /server {2}/, 200)).to.equal(
      '  server       TTFT mean 84.0 ms (queue 6.10 ms, prefill 77.9 ms) · request and token counts match · prefix cache hits 0.1 % · seen: 22 running, 0 waiting, KV cache 12 %',
    )
    const withCheck = (change: Partial<typeof server.check>) =>
      lineOf(
        inferenceResult({ server: { ...server, check: { ...server.check, ...change } } }),
        /server {2}/,
        200,
      )
    expect(withCheck({ unavailable: 'it has no /metrics' })).to.equal(
      '  server       not asked: it has no /metrics',
    )
    expect(withCheck({ verdict: 'unreconciled', findings: ['4 more'] })).to.include(
      'unreconciled: 4 more',
    )
    expect(withCheck({ looks: 4 }), 'too few looks').to.not.include('running')
    const gap = /of TTFT outside/
    expect(withCheck({ ttftMs: { client: 96.9, server: 40, difference: 56.9 } })).to.include(
      'TTFT mean 40.0 ms (queue 6.10 ms, prefill 77.9 ms) · 56.9 ms of TTFT outside the engine’s clock: front end and network',
    )
    expect(withCheck({ ttftMs: { client: 96.9, server: 80, difference: 16.9 } })).not.to.match(gap)
  })

  describe('of a server whose processes and GPUs are seen', () => {
    const process = (role: 'api' | 'engine', busiestCores: number, count = 1) => ({
      ...{ role, count, busiestCores, cores: busiestCores * count },
    })
    const one = { index: '0', uuid: 'GPU-1' }
    const figures = {
      busyShare: { mean: 0.41, max: 0.6 },
      memoryMiB: { mean: 75_000, max: 75_807 },
      powerW: { mean: 348.1, max: 402 },
    }
    const energy = { energyJ: 3481, tokensPerJoule: 46.41, tokensPerGpuHour: 58e6 }
    const gpus = { looks: 8, ...figures, ...energy, each: [{ ...one, ...figures }] }
    const dark = { powerW: null, energyJ: null, tokensPerJoule: null }
    const line = (change: Partial<InferenceResult['server']>) =>
      lineOf(inferenceResult({ server: { ...server, ...change } }), /server {2}/, 400)
    const busy = [process('api', 0.94), process('engine', 0.5)]

    it('says that its front end is full before all else, and what to try', () => {
      expect(line({ processes: busy, gpus, isFrontEndFull: true })).to.match(
        /^ {2}server {7}API process 0\.94 cores: its front end is full; GPU 41 % mean, 348 W, 46\.4 tokens\/J · try --vllm-arg=--api-server-count=4 at start · TTFT mean .* · cores: API 0\.94, engine 0\.50$/,
      )
      const unknown = { ...server.check, unavailable: 'it has no /metrics' }
      expect(line({ processes: busy, isFrontEndFull: true, check: unknown })).to.include(
        'its front end is full · try --vllm-arg=--api-server-count=4 at start · not asked',
      )
      expect(line({ processes: [process('api', 0.94, 4)], isFrontEndFull: true })).to.include(
        'busiest of 4 API processes 0.94 cores: its front end is full · try --vllm-arg=--api-server-count=8',
      )
    })

    it('else shows them shortly, and of GPUs only what is known', () => {
      expect(
        line({ processes: [process('api', 0.3, 2), process('engine', 0.5)], gpus }),
      ).to.include(
        ' · cores: API 0.60 (2 processes), engine 0.50 · GPU 41 % mean, 348 W, 46.4 tokens/J',
      )
      const two = { ...gpus, each: [...gpus.each, ...gpus.each] }
      expect(line({ gpus: { ...two, busyShare: null } })).to.include(
        ' · 2 GPUs 348 W, 46.4 tokens/J',
      )
      expect(line({ gpus: { ...gpus, ...dark } })).to.match(/ · GPU 41 % mean$/)
      expect(line({ gpus: { ...gpus, ...dark, busyShare: null } })).not.to.include('GPU')
    })
  })

  it('says of constraints that the answers without them were of another length', () => {
    const structured = {
      ...structuredResult(),
      lengthsDiffer: { constrained: 60, unconstrained: 256 },
    }
    expect(linesOf(inferenceResult({ structured }), 200).join('\n')).to.include(
      'answers differ in length: 60.0 tokens with constraints, 256 without',
    )
  })

  it('says of a client that was fine only what it used', () => {
    expect(lineOf(base, /client {2}/)).to.equal('  client       ok (7 % of a core)')
    const late = {
      ...instrument,
      verdict: 'late' as const,
      saturated: true,
      findings: ['late: sent late'],
    }
    expect(lineOf(inferenceResult({ instrument: late }), /client {2}/)).to.equal(
      '  client       late: sent late',
    )
  })

  it('is red where the instrument was the limit', () => {
    const style = { ...plainStyle, bad: (text: string) => `<red>${text}</red>` }
    const findings = ['the client was the limit: 0.98 cores']
    const result = inferenceResult({
      instrument: { ...instrument, verdict: 'client-bound', saturated: true, findings },
    })
    expect(inferenceView(result, style, OPEN)).to.include(`<red>${findings[0]}</red>`)
    expect(inferenceView(base, style, OPEN)).to.not.match(/<red>ok/)
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
