import { expect } from 'chai'
import type { Level, VectorResult } from '../../../../../src/lib/instrument/vectors/result.js'
import { benchLine, benchView } from '../../../../../src/lib/benchmarks/vectors/face/view.js'
import { plainStyle } from '../../../../../src/lib/report/style.js'
import { vectorResult, levelOf } from '../../../../support/vector-result.js'

const OK = { service: 'chroma', verdict: 'ok' } as const
const base = vectorResult()
const linesOf = (result: VectorResult, columns = 80) =>
  benchView(result, { ...plainStyle, columns }, OK).split('\n')
const withLevel = (change: Partial<Level>) =>
  vectorResult({ concurrent: [{ ...levelOf(1, 1_510, 1.46), ...change }] })

describe('the report of a vector benchmark', () => {
  it('shows answer, ingest, levels and what they rest on, then what to type', () => {
    expect(linesOf(base, 100)).to.deep.equal([
      'chroma bench · run b7k2',
      'clustered 10 000 × 384, k 10, seed 1 · raw client · Chroma 1.5.9 · profile tuned · mel0112',
      '',
      '  ✓ query p99 < 20 ms   5.50 ms (concurrency 8)',
      '',
      '  ingest   5 810 vectors/s (5 640 to 5 900 over 3 repeats) · batch 500',
      '           collection created in 12.0 ms',
      '',
      '  concurrency    q/s       p50       p90      p99  recall@10  errors  client CPU  server CPU',
      '            1  1 510  0.600 ms  0.800 ms  1.46 ms      0.998       0        0.28        1.51',
      '            8  3 690  0.600 ms  0.800 ms  5.50 ms      0.998       0        0.28        1.51',
      '',
      '  limited by the server from concurrency 4 on (1.5 cores) · client ok (43 % of a core)',
      '  repeats within 3 % · 9 000 queries or more a level · 0 errors · CPU in cores',
      'files: /home/u/runs/b7k2',
      'again: aibench chroma bench --plan b7k2    keep: aibench chroma save',
      '✓ ok · query p99 < 20 ms: 5.50 ms (concurrency 8)',
    ])
  })

  for (const columns of [60, 80, 100])
    it(`fits into ${columns} columns`, () => {
      const wide = linesOf(base, columns).filter(
        (line) => [...line].length > columns && !/^(files|again):/.test(line),
      )
      expect(wide).to.deep.equal([])
    })

  it('marks a p99 from fewer than 662 queries, in the table and below it', () => {
    const latency = { ...base.sequential.latency, n: 661, p99Reliable: false }
    const few = linesOf(withLevel({ latency }), 120).join('\n')
    expect(few).to.include('1.46 ms ?')
    expect(few).to.include('? p99 from fewer than 662 samples: not reliable')
    const enough = { ...latency, n: 662, p99Reliable: true }
    expect(linesOf(withLevel({ latency: enough }), 120).join('\n')).to.not.include('?')
  })

  it('says in the last line how it was judged, unless an error follows', () => {
    const plain = vectorResult({ thresholds: [] })
    expect(linesOf(plain).at(-1)).to.equal('✓ ok · 3 690 q/s · p99 5.50 ms · recall 0.998')
    expect(
      benchView(plain, plainStyle, { ...OK, verdict: null })
        .split('\n')
        .at(-1),
    ).to.match(/^again:/)
    const style = { ...plainStyle, bad: (text: string) => `<r>${text}</r>` }
    expect(
      benchView(plain, style, { ...OK, verdict: 'client-bound' })
        .split('\n')
        .at(-1),
    ).to.match(/^<r>✗<\/r> <r>client-bound<\/r>/)
  })

  it('has one line for scripts', () => {
    expect(benchLine(base)).to.equal(
      'run=b7k2 ingest_vps=5810 qps=3690 p99_ms=5.500 recall=0.9980 errors=0 verdict=ok',
    )
  })
})
