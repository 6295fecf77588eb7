import { expect } from 'chai'
import { describePlan } from '../../../../src/lib/instrument/inference/describe.js'
import { describeHardware } from '../../../../src/lib/platform/hardware-text.js'
import {
  planOf,
  type InferenceAsked,
} from '../../../../src/lib/benchmarks/inference/plan-from-request.js'
import { contextWith } from '../../../support/context.js'

describe('the plan of an inference benchmark in words', () => {
  const cases: [InferenceAsked, string][] = [
    [{}, '1 000 requests, Poisson 4/s · random 1 024 → 128 tokens · completions · about 4m10s'],
    [
      { rate: 2, durationMs: 30_000, repeats: 3 },
      'Poisson 2/s · random 1 024 → 128 tokens · completions · 3 repeats · about 1m30s',
    ],
    [
      { concurrency: 32, dataset: 'json', pairedBaseline: true, clients: 2 },
      '1 000 requests, 32 in flight · json → 256 tokens · chat · each with and without constraints · 2 clients · as fast as answers come',
    ],
    [
      { ramp: { fromPerSecond: 1, toPerSecond: 20, overMs: 300_000 } },
      '1 000 requests, ramp 1 to 20/s over 5m · random 1 024 → 128 tokens · completions · about 2m43s',
    ],
    [
      { findMaxRate: true, slo: ['ttft_p99<500ms'] },
      'highest rate from 4/s on that keeps ttft_p99<500ms · random 1 024 → 128 tokens · completions · steps of 30 s, mostly 2m to 5m in all',
    ],
  ]
  for (const [flags, expected] of cases)
    it(`is ${expected.slice(0, 60)}…`, async () => {
      await using context = await contextWith()
      expect(
        describePlan(await planOf(context, flags, { bench: 'aibench vllm bench' })).join(' · '),
      ).to.equal(expected)
    })
})

describe('where a server ran, in words', () => {
  const image = { kind: 'image', path: '/project/vllm.sif' }
  for (const { provenance, text } of [
    {
      provenance: {
        nodes: ['mel2041', 'mel2042'],
        server: { ...image, parallel: { tensor: 4, pipeline: 2 } },
        hardware: { text: '2 nodes × 4 × NVIDIA A100-SXM4-40GB', gpuCount: 8 },
        engine: null,
      },
      text: '2 nodes × 4 × A100-SXM4-40GB (mel2041 mel2042) · TP 4 × PP 2 · vllm.sif',
    },
    {
      provenance: {
        nodes: ['mel2041'],
        server: { parallel: { tensor: 1, pipeline: 1 } },
        hardware: { text: '1 × NVIDIA H100 80GB HBM3', gpuCount: 1 },
        engine: { tensorParallel: 1, pipelineParallel: 1 },
      },
      text: '1 × H100 80GB HBM3 (mel2041)',
    },
    {
      provenance: {
        nodes: ['laptop'],
        server: { kind: 'native' },
        hardware: { text: 'no GPU · 2 cores of a CPU', gpuCount: 0 },
      },
      text: 'laptop',
    },
    { provenance: { nodes: 'odd', server: { kind: 7 }, hardware: 'odd' }, text: '' },
    { provenance: { server: null }, text: '' },
  ])
    it(text || `is nothing of ${JSON.stringify(provenance)}`, () =>
      expect(describeHardware(provenance)).to.equal(text),
    )
})
