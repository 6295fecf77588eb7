import { expect } from 'chai'
import { toldOf as inferenceTold } from '../../../src/lib/benchmarks/inference/told.js'
import { ToldFigures } from '../../../src/lib/benchmarks/told-figures.js'
import type { InferencePlan } from '../../../src/lib/instrument/inference/plan.js'
import { TIME_BOUNDS_S } from '../../../src/lib/instrument/measure/time-buckets.js'
import { prometheusName, type Figure } from '../../../src/lib/monitoring/push/figures.js'

const LABELS = { run: 'r1', service: 'vllm', name: 'one' }
const told = inferenceTold({ endpoint: 'chat' } as InferencePlan, 'vllm')
const figures = () => new ToldFigures('inference', told, LABELS)
const find = (all: readonly Figure[], name: string, label = {}) =>
  all.find(
    (figure) =>
      prometheusName(figure) === name &&
      Object.entries(label).every(([key, value]) => figure.labels[key] === value),
  )!

describe('what a store is told of a run', () => {
  it('is there from the beginning, at zero', () => {
    const all = figures().now()
    expect(new Set(all.map(prometheusName))).to.deep.equal(
      new Set([
        ...['aibench_client_requests_total', 'aibench_client_inflight'],
        ...['aibench_client_input_tokens_total', 'aibench_client_output_tokens_total'],
        'gen_ai_client_operation_duration_seconds',
        'gen_ai_client_operation_time_to_first_chunk_seconds',
        'gen_ai_client_operation_time_per_output_chunk_seconds',
        'aibench_client_tpot_seconds',
      ]),
    )
    for (const figure of all) expect(figure.labels).to.include(LABELS)
    expect(find(all, 'aibench_client_requests_total', { outcome: 'failed' })).to.include({
      value: 0,
    })
  })

  it('grows by what each process has counted', () => {
    const of = figures()
    const times = { ttft: { counts: [[3, 2] as [number, number]], sumS: 0.5 } }
    of.grow({ type: 'growth', counters: { ok: 2, outputTokens: 9, unknown: 1 }, times })
    of.grow({ type: 'growth', counters: { ok: 1, failed: 1 }, times })
    const all = of.now()
    expect(find(all, 'aibench_client_requests_total', { outcome: 'ok' })).to.include({ value: 3 })
    expect(find(all, 'aibench_client_output_tokens_total')).to.include({ value: 9 })
    const ttft = find(all, 'gen_ai_client_operation_time_to_first_chunk_seconds')
    if (ttft.kind !== 'histogram') throw new Error(ttft.kind)
    expect(ttft.counts[3]).to.equal(4)
    expect(ttft).to.include({ sum: 1, bounds: TIME_BOUNDS_S })
    expect(of.requests).to.deep.equal({ ok: 3, failed: 1 })
  })

  it('says in which phase the run is, and that those before have ended', () => {
    const of = figures()
    const phases = () =>
      of
        .now()
        .filter(({ name }) => name === 'aibench.run.info')
        .map(({ labels, ...figure }) => [labels.phase, 'value' in figure && figure.value])
    expect(of.begin('server')).to.equal(false)
    expect(phases()).to.deep.equal([])
    expect(of.begin('warm-up')).to.equal(true)
    expect(phases()).to.deep.equal([['warm-up', 1]])
    of.begin('requests')
    expect(of.begin('requests')).to.equal(false)
    of.begin('calibrate')
    expect(phases()).to.deep.equal([
      ['warm-up', null],
      ['measure', null],
      ['drain', 1],
    ])
    of.end()
    expect(find(of.now(), 'aibench_client_inflight')).to.include({ value: null })
    expect(phases().map(([, value]) => value)).to.deep.equal([null, null, null])
  })
})
