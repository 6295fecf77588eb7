import { expect } from 'chai'
import {
  judgeThresholds as judge,
  metricsInWords,
  parseThreshold as parse,
  type Threshold,
} from '../../../../src/lib/instrument/measure/thresholds.js'
import { parseGoodput } from '../../../../src/lib/instrument/inference/goodput.js'
import { INFERENCE_METRICS } from '../../../../src/lib/instrument/inference/metrics.js'
import { VECTOR_METRICS } from '../../../../src/lib/instrument/vectors/metrics.js'
import type { VectorResult } from '../../../../src/lib/instrument/vectors/result.js'
import { UsageError } from '../../../../src/lib/platform/errors.js'

const METRICS =
  'metrics: query_mean query_p50 query_p90 query_p99 query_p99.9 qps recall ingest errors'

const parseThreshold = (text: string) => parse(text, VECTOR_METRICS)
const judgeThresholds = (thresholds: Threshold[], result: VectorResult) =>
  judge(thresholds, VECTOR_METRICS, result)

const level = (
  concurrency: number,
  p99Ms: number,
  queriesPerSecond: number,
  recallAtK: number,
) => ({
  ...{ mode: 'closed', concurrency, p99Ms, queriesPerSecond, recallAtK, p50Ms: p99Ms / 4 },
  latency: { n: concurrency === 1 ? 661 : 9_000 },
})

const RESULT = {
  workload: { k: 10 },
  ingest: { vectorsPerSecond: 5_000, vectors: 10_000 },
  sequential: level(1, 1.5, 1_500, 0.999),
  concurrent: [level(1, 1.5, 1_500, 0.999), level(8, 21, 3_700, 0.994)],
  requests: { issued: 9_661, ok: 9_661, failed: 0, dropped: 0 },
} as unknown as VectorResult

describe('thresholds', () => {
  for (const { text, met, measured } of [
    { text: 'query_p99<20ms', met: false, measured: 21 },
    { text: 'query_p99 <= 0.021s', met: true, measured: 21 },
    { text: 'query_p50<5.25ms', met: false, measured: 5.25 },
    { text: 'query_p50<=5.25ms', met: true, measured: 5.25 },
    { text: 'recall>=0.995', met: false, measured: 0.994 },
    { text: 'qps>1000', met: true, measured: 3_700 },
    { text: 'ingest>5000', met: false, measured: 5_000 },
    { text: 'ingest>=5000/s', met: true, measured: 5_000 },
    { text: 'errors<=0', met: true, measured: 0 },
  ])
    it(`${text} is ${met ? 'met' : 'missed'}`, () => {
      const [judged] = judgeThresholds([parseThreshold(text)], RESULT)
      expect(judged).to.include({ text, met, measured })
    })

  it('say of which level the figure is, and whether its samples can bound it', () => {
    const of = (text: string, result = RESULT) => judgeThresholds([parseThreshold(text)], result)[0]
    expect(of('query_p99<20ms')).to.include({
      where: 'concurrency 8',
      reliable: false,
      samples: 661,
    })
    expect(of('query_p50<20ms')).to.include({
      where: 'concurrency 8',
      reliable: true,
      samples: null,
    })
    expect(of('recall>0.9')).to.include({ where: 'concurrency 8' })
    expect(of('ingest>1')).to.include({ where: null, reliable: true })
    const [, eight] = RESULT.concurrent
    const enough = { ...RESULT, concurrent: [{ ...eight, latency: { n: 662 } }] } as VectorResult
    expect(of('query_p99<20ms', enough)).to.include({ where: null, reliable: true, samples: 662 })
    expect(of('query_p99.9<20ms', enough)).to.include({ reliable: false })
  })

  for (const [text, label] of [
    ['query_p99<10s', 'query p99 < 10 s'],
    ['query_p99<=1.5s', 'query p99 ≤ 1500 ms'],
    ['qps>20000', 'best queries/s > 20 000/s'],
  ] as const)
    it(`${text} reads "${label}"`, () =>
      expect(judgeThresholds([parseThreshold(text)], RESULT)[0].label).to.equal(label))

  for (const [text, message, hint] of [
    ['query_p98<20ms', 'Unknown metric "query_p98" in --slo; did you mean query_p90?', METRICS],
    ['foo<5ms', 'Unknown metric "foo" in --slo', METRICS],
    ['query_p99=20', `Can't parse --slo "query_p99=20"`, METRICS],
    ['query_p99<', `Can't parse --slo "query_p99<"`, METRICS],
    ['qps>many', `Can't parse --slo "qps>many"`, METRICS],
    ['query_p99<500', '--slo "query_p99<500" needs a unit: ms or s', '--slo query_p99<500ms'],
    ['qps>5ms', '--slo "qps>5ms": qps is not a time, so it has no unit ms', '--slo query_p99<20ms'],
    [
      'query_p99<1.2.3ms',
      `Can't parse the number in --slo "query_p99<1.2.3ms"`,
      '--slo query_p99<20ms',
    ],
  ])
    it(`${text} is refused, with what could stand there`, () => {
      try {
        parseThreshold(text)
      } catch (error) {
        expect(error).to.be.instanceOf(UsageError)
        expect((error as UsageError).message).to.equal(message)
        expect((error as UsageError).hints[0]).to.equal(hint)
        return
      }
      expect.fail('it was read')
    })

  it('groups the metrics when there are many', () => {
    expect(metricsInWords(INFERENCE_METRICS)).to.match(
      /^metrics: ttft ttfo tpot itl e2e ttft_due e2e_due with _mean _p50 _p90 _p99 _p99\.9; also rps /,
    )
  })

  it('never names what is not there', () => {
    expect(() => parseGoodput('foo<5ms'))
      .to.throw(UsageError, 'Unknown metric "foo" in --goodput')
      .with.property('hints')
      .that.deep.equals(['metrics: ttft ttfo tpot e2e', '--goodput ttft<500ms,tpot<40ms'])
  })
})
