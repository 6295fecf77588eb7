import { expect } from 'chai'
import {
  InstrumentError,
  InterruptedError,
  JobFailedError,
  ThresholdError,
} from '../../../src/lib/platform/errors.js'
import { judge, verdictOf, type Judged } from '../../../src/lib/benchmarks/verdict.js'
import { contextWith, jobWith } from '../../support/context.js'
import { instanceWith } from '../../support/instances.js'
import { rejection } from '../../support/surroundings.js'

const threshold = (met: boolean): Judged<string>['thresholds'] => [
  {
    ...{ text: 'ttft_p99<500ms', label: 'TTFT p99', measured: 412, unit: 'ms', met },
    ...{ reliable: true, samples: 1000, where: null },
  },
]

const GOOD: Judged<string> = {
  result: 'what was measured',
  complete: true,
  errors: { share: 0, limit: 0.01, byClass: [] },
  saturated: { is: false, verdict: 'ok', finding: '', hints: [] },
  thresholds: threshold(true),
  remedy: null,
  again: 'aibench vllm bench --plan c19d',
}
const FAILED = { share: 0.5, limit: 0.01, byClass: [['reset', 5]] } as const
const LATE = { is: true, verdict: 'late', finding: 'requests left late', hints: ['wait'] } as const
const BOUND = { ...LATE, verdict: 'client-bound' } as const
const MISSED = threshold(false)

describe('the verdict on a benchmark', () => {
  for (const [title, change, verdict] of [
    ['all well', {}, 'ok'],
    ['a threshold missed', { thresholds: MISSED }, 'threshold-missed'],
    ['a client that was late', { saturated: LATE }, 'late'],
    ['a client that was the limit', { saturated: BOUND }, 'client-bound'],
    [
      'a client that was the limit, and a threshold',
      { saturated: BOUND, thresholds: MISSED },
      'client-bound',
    ],
    ['errors, whatever else', { errors: FAILED, saturated: BOUND, thresholds: MISSED }, 'failed'],
    ['errors at the limit', { errors: { ...FAILED, share: 0.01 } }, 'ok'],
    [
      'an end before its time, whatever else',
      { complete: false, errors: FAILED, saturated: BOUND },
      'interrupted',
    ],
  ] as [string, Partial<Judged<string>>, string][])
    it(`of ${title}: ${verdict}`, () => {
      expect(verdictOf({ ...GOOD, ...change })).to.equal(verdict)
    })

  const judged = async (change: Partial<Judged<string>>, signal?: AbortSignal) => {
    await using context = await contextWith()
    return rejection(
      judge({ ...context, signal: signal ?? context.signal }, null, { ...GOOD, ...change }),
    )
  }

  it('is the result when all is well', async () => {
    await using context = await contextWith()
    expect(await judge(context, null, GOOD)).to.equal(GOOD.result)
  })

  for (const [change, kind, message] of [
    [{ thresholds: MISSED }, ThresholdError, /TTFT p99 is 412 ms/],
    [{ saturated: BOUND, thresholds: MISSED }, InstrumentError, /left late/],
    [{ errors: FAILED, saturated: BOUND }, JobFailedError, /50.* % of the requests failed/],
    [{ complete: false }, JobFailedError, /told to stop/],
  ] as [Partial<Judged<string>>, new (message: string) => Error, RegExp][])
    it(`is thrown with what was measured: ${message.source}`, async () => {
      const error = await judged(change)
      expect(error).to.be.instanceOf(kind)
      expect(error.message).to.match(message)
      expect(error.data).to.equal(GOOD.result)
    })

  it('of a run that was interrupted says by which signal', async () => {
    const error = await judged(
      { complete: false, errors: FAILED },
      AbortSignal.abort(new InterruptedError('SIGHUP')),
    )
    expect(error)
      .to.be.instanceOf(InterruptedError)
      .and.to.include({ exitCode: 129, data: GOOD.result })
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
    const error = await rejection(judge(context, { instance }, { ...GOOD, errors: FAILED }))
    expect(error).to.be.instanceOf(JobFailedError)
    expect(error.message).to.match(/over its memory/)
    expect(error.data).to.equal(GOOD.result)
  })
})
