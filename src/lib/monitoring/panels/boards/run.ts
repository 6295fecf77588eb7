import { CLIENT, mean, once, quantiles, rate, SERVED } from '../expr.js'
import { PHASES, type Board, type Query } from '../panel.js'
import { phaseResults, ranks } from './filesystem.js'
import { cpuBusy, gpuBusy, gpuClock, gpuPower, memoryUsed, network } from './nodes.js'
import { eitherOf, phases } from './vllm.js'

const seenByClient = (histogram: string) => ({
  histogram,
  matchers: CLIENT,
  by: ['name'],
  legend: '{{name}} client',
})
const seenByServer = (histogram: string) => ({
  histogram: `vllm:${histogram}`,
  matchers: SERVED,
  by: ['name'],
  legend: '{{name}} server',
})

/** The client's distribution, and the server's exact mean beside the client's. */
function bothSides(client: string, ...servers: string[]): Query[] {
  const [now, before = now] = servers.map((server) => [mean(seenByServer(server))])
  return [
    ...quantiles(seenByClient(client), [0.5, 0.95, 0.99]),
    mean(seenByClient(client)),
    ...(before === now ? now : eitherOf(now, before)),
  ]
}

/** The last value of a counter of this run: it began at 0. */
const total = (counter: string): string => `max_over_time(${counter}{${CLIENT}}[$__range])`

export const run: Board = {
  uid: 'aibench-run',
  title: 'aibench: one run',
  description:
    'A benchmark from both sides: what its clients measured, what the server reported, and the load on the hardware.',
  variables: ['run', 'name', 'node'],
  hasPhases: true,
  rows: [
    {
      title: 'The run',
      panels: [
        {
          id: 'phase',
          title: 'Phases',
          description:
            'When the run warmed up, measured and drained. Only the measured phase counts in the result.',
          unit: 'count',
          kind: 'bands',
          queries: [{ expr: PHASES.expr, legend: '{{run}} {{phase}}' }],
        },
        {
          id: 'requests-total',
          title: 'Requests finished',
          description: 'Total of the run by outcome, including the warm-up.',
          unit: 'count',
          kind: 'stat',
          queries: [
            {
              expr: `sum by (outcome) (${total('aibench_client_requests_total')})`,
              legend: '{{outcome}}',
            },
          ],
        },
        {
          id: 'tokens-total',
          title: 'Tokens',
          description: 'Total of the run as counted by the clients, including the warm-up.',
          unit: 'tokens',
          kind: 'stat',
          queries: [
            { expr: `sum(${total('aibench_client_input_tokens_total')})`, legend: 'in' },
            { expr: `sum(${total('aibench_client_output_tokens_total')})`, legend: 'out' },
          ],
        },
      ],
    },
    {
      title: 'Client and server',
      panels: [
        {
          id: 'requests',
          title: 'Requests finished',
          description: 'If the server finishes more than the client, it has other clients too.',
          unit: 'requests/s',
          kind: 'lines',
          queries: [
            {
              expr: `sum by (name, outcome) (${rate('aibench_client_requests_total', CLIENT)})`,
              legend: '{{name}} client {{outcome}}',
            },
            {
              expr: `sum by (name) (${rate('vllm:request_success_total', SERVED)})`,
              legend: '{{name}} server',
            },
          ],
        },
        {
          id: 'tokens',
          title: 'Tokens generated',
          description:
            'The two should agree. The client counts by the reported usage, or with its own tokenizer.',
          unit: 'tokens/s',
          kind: 'lines',
          queries: [
            {
              expr: `sum by (name) (${rate('aibench_client_output_tokens_total', CLIENT)})`,
              legend: '{{name}} client',
            },
            {
              expr: `sum by (name) (${rate('vllm:generation_tokens_total', SERVED)})`,
              legend: '{{name}} server',
            },
          ],
        },
        {
          id: 'inflight',
          title: 'Requests in flight',
          description:
            'What the client is waiting for, and what the server is running or queueing.',
          unit: 'count',
          kind: 'lines',
          queries: [
            {
              expr: `sum by (name) (aibench_client_inflight{${CLIENT}})`,
              legend: '{{name}} client',
            },
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
          id: 'ttft',
          title: 'Time to first token',
          description:
            'The client’s mean includes the network, HTTP and the client itself; the server’s does not. The client’s percentiles are within 5 % of the exact ones.',
          unit: 'seconds',
          kind: 'lines',
          queries: bothSides(
            'gen_ai_client_operation_time_to_first_chunk_seconds',
            'time_to_first_token_seconds',
          ),
        },
        {
          id: 'itl',
          title: 'Time between chunks',
          description: 'From one chunk of a stream to the next; a chunk may hold several tokens.',
          unit: 'seconds',
          kind: 'lines',
          queries: bothSides(
            'gen_ai_client_operation_time_per_output_chunk_seconds',
            'inter_token_latency_seconds',
            'time_per_output_token_seconds',
          ),
        },
        {
          id: 'tpot',
          title: 'Time per output token',
          description:
            'Per request: from its first token to its last, divided by the number of tokens after the first.',
          unit: 'seconds',
          kind: 'lines',
          queries: bothSides(
            'aibench_client_tpot_seconds',
            'request_time_per_output_token_seconds',
          ),
        },
        {
          id: 'e2e',
          title: 'End-to-end latency',
          description: 'From sending a request to its last byte, and as the server sees it.',
          unit: 'seconds',
          kind: 'lines',
          queries: bothSides(
            'gen_ai_client_operation_duration_seconds',
            'e2e_request_latency_seconds',
          ),
        },
        {
          id: 'phases',
          title: 'Server time by stage',
          description:
            'Mean time in the queue, reading the prompt (prefill) and generating (decode).',
          unit: 'seconds',
          kind: 'stacked',
          queries: phases,
        },
        {
          id: 'db-latency',
          title: 'Database operation latency',
          description: 'From sending a request to its last byte, as the client sees it.',
          unit: 'seconds',
          kind: 'lines',
          queries: quantiles(
            {
              ...seenByClient('db_client_operation_duration_seconds'),
              by: ['name', 'db_operation_name'],
              legend: '{{name}} {{db_operation_name}}',
            },
            [0.5, 0.95, 0.99],
          ),
        },
      ],
    },
    { title: 'Benchmark of a file system', panels: [...phaseResults, ...ranks] },
    { title: 'Server nodes', panels: [cpuBusy, memoryUsed, network] },
    {
      title: 'Server GPUs',
      panels: [
        gpuBusy,
        gpuPower,
        gpuClock,
        {
          id: 'tokens-per-joule',
          title: 'Tokens per joule',
          description: 'Tokens generated per joule used by the GPUs alone.',
          unit: 'tokens/J',
          kind: 'lines',
          queries: [
            {
              expr: `sum(${rate('vllm:generation_tokens_total', SERVED)}) / sum(${once(['node', 'gpu'], `aibench_gpu_power_watts{${SERVED}}`)})`,
              legend: 'tokens',
            },
          ],
        },
      ],
    },
  ],
}
