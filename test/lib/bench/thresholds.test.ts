import { expect } from 'chai'
import {
  judgeThresholds as judge,
  parseThreshold as parse,
  type Threshold,
} from '../../../src/lib/bench/thresholds.js'
import { VECTOR_METRICS } from '../../../src/lib/bench/vectors/metrics.js'
import type { VectorResult } from '../../../src/lib/bench/vectors/result.js'
import { UsageError } from '../../../src/lib/platform/errors.js'

const parseThreshold = (text: string) => parse(text, VECTOR_METRICS)
const judgeThresholds = (thresholds: Threshold[], result: VectorResult) =>
  judge(thresholds, VECTOR_METRICS, result)

const level = (
  concurrency: number,
  p99Ms: number,
  queriesPerSecond: number,
  recallAtK: number,
) => ({
  ...{ concurrency, p99Ms, queriesPerSecond, recallAtK, p50Ms: p99Ms / 4, issued: 1000 },
})

const RESULT = {
  workload: { k: 10 },
  ingest: { vectorsPerSecond: 5_000, vectors: 10_000 },
  sequential: level(1, 1.5, 1_500, 0.999),
  concurrent: [level(1, 1.5, 1_500, 0.999), level(8, 21, 3_700, 0.994)],
  errors: { total: 0, share: 0 },
} as unknown as VectorResult

describe('thresholds', () => {
  for (const { text, met, measured } of [
    { text: 'query_p99<20ms', met: false, measured: 21 },
    { text: 'query_p99 <= 0.021s', met: true, measured: 21 },
    { text: 'query_p50<5.25', met: false, measured: 5.25 },
    { text: 'query_p50<=5.25', met: true, measured: 5.25 },
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

  for (const text of [
    'query_p98<20ms',
    'query_p99=20',
    'query_p99<',
    'qps>many',
    'query_p99<1.2.3ms',
  ])
    it(`${text} can't be read, and the error says what could`, () => {
      try {
        parseThreshold(text)
      } catch (error) {
        expect(error).to.be.instanceOf(UsageError)
        expect((error as UsageError).message).to.include(text)
        return
      }
      expect.fail('it was read')
    })
})
