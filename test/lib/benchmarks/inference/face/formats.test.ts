import { expect } from 'chai'
import { toCsv, toVllmJson } from '../../../../../src/lib/benchmarks/inference/face/formats.js'
import { distributionWith, inferenceResult } from '../../../../support/inference-result.js'

const base = inferenceResult()
const withLoad = (load: string, loadKind: string) =>
  toVllmJson(inferenceResult({ workload: { ...base.workload, load, loadKind } }))

describe('the form of vllm bench serve', () => {
  it('has its keys, with its meanings', () => {
    const json = toVllmJson(
      inferenceResult({ metrics: { ...base.metrics, chunkGapMs: distributionWith(44) } }),
    )
    expect(json).to.include({
      date: '20261124-102000',
      endpoint_type: 'openai',
      model_id: 'Llama-3.1-8B-Instruct',
      num_prompts: 1000,
      request_rate: 4,
      burstiness: 1,
      max_concurrency: null,
      duration: 251.9,
      completed: 998,
      failed: 2,
      total_input_tokens: 1_021_952,
      total_output_tokens: 127_744,
      request_throughput: 3.97,
      request_goodput: 3.61,
      output_throughput: 508,
      total_token_throughput: 4570,
      median_ttft_ms: 88.1,
      'p99.9_ttft_ms': 616.6999999999999,
      // Its ITL is the gap between events.
      median_itl_ms: 44,
      simulated: false,
    })
    for (const name of ['ttft', 'tpot', 'itl', 'e2el'])
      for (const figure of ['mean', 'median', 'std', 'p99'])
        expect(json).to.have.property(`${figure}_${name}_ms`).that.is.a('number')
    // Of the population, as numpy does it.
    expect(json.std_ttft_ms).to.be.closeTo(35.24 * Math.sqrt(997 / 998), 1e-9)
  })

  for (const [load, kind, rate, burstiness, concurrency] of [
    ['Poisson 0.5/s', 'rate', 0.5, 1, null],
    ['constant 20/s', 'rate', 20, null, null],
    ['gamma 4/s, burstiness 0.5', 'rate', 4, 0.5, null],
    ['all at once', 'burst', 'inf', null, null],
    ['32 in flight', 'concurrency', 'inf', null, 32],
  ] as const)
    it(`${load}: rate ${rate}, concurrency ${concurrency}`, () => {
      expect(withLoad(load, kind)).to.include({
        request_rate: rate,
        burstiness,
        max_concurrency: concurrency,
      })
    })
})

describe('the table form', () => {
  it('has a line of names and a line of figures, of the same number', () => {
    const dataset = 'custom "a,b".jsonl'
    const [names, figures, end] = toCsv(
      inferenceResult({ workload: { ...base.workload, dataset } }),
    ).split('\n')
    expect(end).to.equal('')
    expect(figures).to.include(',"custom ""a,b"".jsonl",')
    const cells = figures.replace(/"(?:[^"]|"")*"/g, 'quoted').split(',')
    const cell = (name: string) => cells[names.split(',').indexOf(name)]
    expect(cells).to.have.lengthOf(names.split(',').length)
    expect([
      cell('run'),
      cell('ttft_p99_ms'),
      cell('structured_valid'),
      cell('requests_ok'),
    ]).to.deep.equal(['c19d', '352.4', '', '998'])
  })
})
