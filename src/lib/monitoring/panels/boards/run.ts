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
    'A benchmark from both sides: what its clients measured, what the server said, what the hardware did.',
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
            'When it warmed up, measured and drained. Only what was measured counts in its result.',
          unit: 'count',
          kind: 'bands',
          queries: [{ expr: PHASES.expr, legend: '{{run}} {{phase}}' }],
        },
        {
          id: 'requests-total',
          title: 'Requests ended',
          description:
            'All of the run, warm-up included, by outcome: the counters themselves, not a rate.',
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
          description: 'All of the run, warm-up included, as the clients counted them.',
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
          title: 'Requests ended',
          description: 'Where the server ends more than the client, others ask too.',
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
            'Both should lie on each other: the client counts by usage, or by its own tokeniser.',
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
          description: 'What the client waits for, and what the server runs or lets wait.',
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
            "The client's and the server's means differ by the network, HTTP and the client itself. The client's quantiles are within 5 % of the exact ones.",
          unit: 'seconds',
          kind: 'lines',
          queries: bothSides(
            'gen_ai_client_operation_time_to_first_chunk_seconds',
            'time_to_first_token_seconds',
          ),
        },
        {
          id: 'itl',
          title: 'Between chunks',
          description:
            'The time from one chunk of a stream to the next; a chunk may hold several tokens.',
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
            'Of each request: from its first token to its last, divided by the tokens after the first.',
          unit: 'seconds',
          kind: 'lines',
          queries: bothSides(
            'aibench_client_tpot_seconds',
            'request_time_per_output_token_seconds',
          ),
        },
        {
          id: 'e2e',
          title: 'Whole request',
          description: 'From sending it to its last byte, and as the server sees it.',
          unit: 'seconds',
          kind: 'lines',
          queries: bothSides(
            'gen_ai_client_operation_duration_seconds',
            'e2e_request_latency_seconds',
          ),
        },
        {
          id: 'phases',
          title: 'Where the time of a request goes in the server',
          description: 'Means of waiting, of reading the prompt, and of generating.',
          unit: 'seconds',
          kind: 'stacked',
          queries: phases,
        },
        {
          id: 'db-latency',
          title: 'Operations of a database',
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
    { title: 'Nodes of the server', panels: [cpuBusy, memoryUsed, network] },
    {
      title: 'GPUs of the server',
      panels: [
        gpuBusy,
        gpuPower,
        gpuClock,
        {
          id: 'tokens-per-joule',
          title: 'Tokens per joule',
          description: 'Tokens that the server generated, by the energy of its GPUs alone.',
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
