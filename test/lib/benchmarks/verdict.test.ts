import { expect } from 'chai'
import {
  InstrumentError,
  InterruptedError,
  JobFailedError,
  ThresholdError,
} from '../../../src/lib/platform/errors.js'
import { judge, verdictOf, type Judged } from '../../../src/lib/benchmarks/verdict.js'
import type { Envelope } from '../../../src/lib/instrument/measure/envelope.js'
import { contextWith, jobWith } from '../../support/context.js'
import { instanceWith } from '../../support/instances.js'
import { rejection } from '../../support/surroundings.js'

const threshold = (met: boolean): Measured['thresholds'] => [
  {
    ...{ text: 'ttft_p99<500ms', label: 'TTFT p99', measured: 412, unit: 'ms', met },
    ...{ reliable: true, samples: 1000, where: null },
  },
]

type Measured = Pick<Envelope, 'complete' | 'thresholds' | 'errors'>
const RESULT: Measured = { complete: true, thresholds: threshold(true), errors: [] }
const GOOD: Judged = {
  errors: { rate: 0, limit: 0.01 },
  limit: null,
  invalid: null,
  remedy: null,
  again: 'aibench vllm bench --plan c19d',
}
const FAILED = { rate: 0.5, limit: 0.01 }
const LATE = { verdict: 'late', finding: 'requests left late', hints: ['wait'] } as const
const BOUND = { ...LATE, verdict: 'client-bound' } as const
const RESET = [{ class: 'reset', count: 5, example: null }]
const MISSED = { ...RESULT, thresholds: threshold(false) }
const CUT = { ...RESULT, complete: false }

describe('the verdict on a benchmark', () => {
  for (const [title, result, change, verdict] of [
    ['all well', RESULT, {}, 'ok'],
    ['a threshold missed', MISSED, {}, 'threshold-missed'],
    ['a client that was late', RESULT, { limit: LATE }, 'late'],
    ['a client that was the limit', RESULT, { limit: BOUND }, 'client-bound'],
    ['a client that was the limit, and a threshold', MISSED, { limit: BOUND }, 'client-bound'],
    ['what its own rules do not count', MISSED, { limit: BOUND, invalid: 'short' }, 'invalid'],
    ['errors, whatever else', MISSED, { errors: FAILED, limit: BOUND, invalid: 'x' }, 'failed'],
    ['errors at the limit', RESULT, { errors: { rate: 0.01, limit: 0.01 } }, 'ok'],
    ['an end before its time, whatever else', CUT, { errors: FAILED, limit: BOUND }, 'interrupted'],
  ] as [string, Measured, Partial<Judged>, string][])
    it(`of ${title}: ${verdict}`, () => {
      expect(verdictOf(result, { ...GOOD, ...change })).to.equal(verdict)
    })

  const judged = async (result: Measured, change: Partial<Judged>, signal?: AbortSignal) => {
    await using context = await contextWith()
    return rejection(
      judge({ ...context, signal: signal ?? context.signal }, null, result, { ...GOOD, ...change }),
    )
  }

  it('is the result when all is well', async () => {
    await using context = await contextWith()
    expect(await judge(context, null, RESULT, GOOD)).to.equal(RESULT)
  })

  for (const [result, change, kind, message] of [
    [MISSED, {}, ThresholdError, /TTFT p99 is 412 ms/],
    [MISSED, { limit: BOUND }, InstrumentError, /left late/],
    [MISSED, { invalid: 'it ran 12 s' }, JobFailedError, /does not count: it ran 12 s/],
    [{ ...RESULT, errors: RESET }, { errors: FAILED }, JobFailedError, /50.* % of the requests/],
    [CUT, {}, JobFailedError, /told to stop/],
  ] as [Measured, Partial<Judged>, new (message: string) => Error, RegExp][])
    it(`is thrown with what was measured: ${message.source}`, async () => {
      const error = await judged(result, change)
      expect(error).to.be.instanceOf(kind)
      expect(error.message).to.match(message)
      expect(error.data).to.equal(result)
    })

  it('of a run that was interrupted says by which signal', async () => {
    const error = await judged(
      CUT,
      { errors: FAILED },
      AbortSignal.abort(new InterruptedError('SIGHUP')),
    )
    expect(error).to.be.instanceOf(InterruptedError).and.to.include({ exitCode: 129, data: CUT })
    expect(error.hints).to.deep.equal([GOOD.again])
  })

  it('is that of the job, when the server’s job ended', async () => {
    const instance = instanceWith({ scheduler: 'slurm', jobId: '4812345' })
    await using context = await contextWith([instance])
    context.scripted.jobs = [
      jobWith({
        ...{ token: instance.token, state: 'ended', rawState: 'OOM' },
        outcome: { kind: 'out-of-memory', exitCode: null, signal: 'KILL' },
      }),
    ]
    const error = await rejection(judge(context, { instance }, RESULT, { ...GOOD, errors: FAILED }))
    expect(error).to.be.instanceOf(JobFailedError)
    expect(error.message).to.match(/over its memory/)
    expect(error.data).to.equal(RESULT)
  })
})
