import { mean, quantiles, rate, SERVED } from '../expr.js'
import type { Board, Query } from '../panel.js'

/** A histogram of vLLM's. */
const of = (name: string, legend = '{{name}}') => ({
  histogram: `vllm:${name}`,
  matchers: SERVED,
  by: ['name'],
  legend,
})

/** The name of this version, or what versions up to 0.9 called it. */
function either(expr: (name: string) => string, now: string, before: string): string {
  return `${expr(`vllm:${now}`)} or ${expr(`vllm:${before}`)}`
}

/** As {@link either}, query by query. */
export function eitherOf(now: readonly Query[], before: readonly Query[]): Query[] {
  return now.map(({ expr, legend }, at) => ({ expr: `${expr} or ${before[at].expr}`, legend }))
}

const TAILS = [0.5, 0.95, 0.99]
const COARSE = 'Percentiles are as coarse as the server’s buckets; the mean is exact.'

/** How the means of its phases add up to a whole request. */
export const phases: Query[] = ['queue', 'prefill', 'decode'].map((phase) => ({
  ...mean(of(`request_${phase}_time_seconds`)),
  legend: `{{name}} ${phase}`,
}))

export const vllm: Board = {
  uid: 'aibench-vllm',
  title: 'aibench: vLLM',
  description: 'vLLM’s own metrics.',
  variables: ['name', 'node'],
  hasPhases: false,
  rows: [
    {
      title: 'Throughput',
      panels: [
        {
          id: 'requests',
          title: 'Requests finished, by reason',
          description:
            '`stop` and `length` are complete answers, `abort` is a client that went away, `error` a server failure.',
          unit: 'requests/s',
          kind: 'stacked',
          queries: [
            {
              expr: `sum by (name, finished_reason) (${rate('vllm:request_success_total', SERVED)})`,
              legend: '{{name}} {{finished_reason}}',
            },
          ],
        },
        {
          id: 'tokens',
          title: 'Tokens',
          description: 'Prompt tokens read and tokens generated.',
          unit: 'tokens/s',
          kind: 'lines',
          queries: [
            {
              expr: `sum by (name) (${rate('vllm:prompt_tokens_total', SERVED)})`,
              legend: '{{name}} prompt',
            },
            {
              expr: `sum by (name) (${rate('vllm:generation_tokens_total', SERVED)})`,
              legend: '{{name}} generated',
            },
          ],
        },
        {
          id: 'lengths',
          title: 'Request length',
          description: 'Mean tokens per prompt and per finished answer.',
          unit: 'tokens',
          kind: 'lines',
          queries: [
            { ...mean(of('request_prompt_tokens')), legend: '{{name}} prompt' },
            { ...mean(of('request_generation_tokens')), legend: '{{name}} answer' },
          ],
        },
      ],
    },
    {
      title: 'Latency, as the server sees it',
      panels: [
        {
          id: 'ttft',
          title: 'Time to first token',
          description: `From tokenizing the prompt to the first token, without the network. ${COARSE}`,
          unit: 'seconds',
          kind: 'lines',
          queries: [
            ...quantiles(of('time_to_first_token_seconds'), TAILS),
            mean(of('time_to_first_token_seconds')),
          ],
        },
        {
          id: 'itl',
          title: 'Time between tokens',
          description: `From one output of the engine to the next of the same request. ${COARSE}`,
          unit: 'seconds',
          kind: 'lines',
          queries: eitherOf(
            [
              ...quantiles(of('inter_token_latency_seconds'), TAILS),
              mean(of('inter_token_latency_seconds')),
            ],
            [
              ...quantiles(of('time_per_output_token_seconds'), TAILS),
              mean(of('time_per_output_token_seconds')),
            ],
          ),
        },
        {
          id: 'e2e',
          title: 'End-to-end latency',
          description: `From the arrival of a request to its last token. ${COARSE}`,
          unit: 'seconds',
          kind: 'lines',
          queries: [
            ...quantiles(of('e2e_request_latency_seconds'), TAILS),
            mean(of('e2e_request_latency_seconds')),
          ],
        },
        {
          id: 'phases',
          title: 'Time by stage',
          description:
            'Mean time in the queue, reading the prompt (prefill) and generating (decode). Together they make up about the whole request.',
          unit: 'seconds',
          kind: 'stacked',
          queries: phases,
        },
      ],
    },
    {
      title: 'Scheduler and cache',
      panels: [
        {
          id: 'queue',
          title: 'Requests running and waiting',
          description: 'Requests in the batch, and requests waiting to join it.',
          unit: 'count',
          kind: 'lines',
          queries: [
            {
              expr: `sum by (name) (vllm:num_requests_running{${SERVED}})`,
              legend: '{{name}} running',
            },
            {
              expr: `sum by (name) (vllm:num_requests_waiting{${SERVED}})`,
              legend: '{{name}} waiting',
            },
          ],
        },
        {
          id: 'kv-cache',
          title: 'KV cache in use',
          description: 'Near 100 %, requests wait or are preempted.',
          unit: 'ratio',
          kind: 'lines',
          queries: [
            {
              expr: either(
                (name) => `max by (name, engine) (${name}{${SERVED}})`,
                'kv_cache_usage_perc',
                'gpu_cache_usage_perc',
              ),
              legend: '{{name}} engine {{engine}}',
            },
          ],
        },
        {
          id: 'prefix-cache',
          title: 'Prefix cache hit rate',
          description:
            'The share of prompt tokens already in the KV cache. A benchmark that repeats its prompts measures this cache.',
          unit: 'ratio',
          kind: 'lines',
          queries: [
            {
              expr: `${prefix('prefix_cache')} or ${prefix('gpu_prefix_cache')}`,
              legend: '{{name}}',
            },
          ],
        },
        {
          id: 'preemptions',
          title: 'Preemptions',
          description:
            'Requests put back in the queue because the cache was full; their work is repeated.',
          unit: 'events/s',
          kind: 'lines',
          queries: [
            {
              expr: `sum by (name) (${rate('vllm:num_preemptions_total', SERVED)})`,
              legend: '{{name}}',
            },
          ],
        },
      ],
    },
    {
      title: 'API server process',
      panels: [
        {
          id: 'http',
          title: 'HTTP requests by status',
          description: 'All paths, including health checks and scrapes.',
          unit: 'requests/s',
          kind: 'stacked',
          queries: [
            {
              expr: `sum by (name, status) (${rate('http_requests_total', `${SERVED},service="vllm"`)})`,
              legend: '{{name}} {{status}}',
            },
          ],
        },
        {
          id: 'process-cpu',
          title: 'CPU used by the API server',
          description:
            'It tokenizes prompts and writes the streams. Near 1 core it is the bottleneck, whatever the GPU does.',
          unit: 'cores',
          kind: 'lines',
          queries: [
            {
              expr: `sum by (name) (${rate('process_cpu_seconds_total', `${SERVED},service="vllm"`)})`,
              legend: '{{name}}',
            },
          ],
        },
      ],
    },
  ],
}

function prefix(name: string): string {
  const of = (part: string) => `sum by (name) (${rate(`vllm:${name}_${part}_total`, SERVED)})`
  return `${of('hits')} / ${of('queries')}`
}
