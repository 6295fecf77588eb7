import { CLIENT, once, quantiles, rate, SERVED } from '../expr.js'
import type { Board } from '../panel.js'
import { cpuBusy, gpuBusy, gpuPower, memoryUsed } from './nodes.js'

const OWN = 'service="monitors",name=~"$name"'

export const overview: Board = {
  uid: 'aibench-overview',
  title: 'aibench: overview',
  description: 'What is running, its load, and the hardware under it.',
  variables: ['name', 'node', 'run'],
  hasPhases: false,
  rows: [
    {
      title: 'Services',
      panels: [
        {
          id: 'targets',
          title: 'Targets',
          description:
            'How many of the scraped addresses answered the last scrape. If the two differ, `aibench monitors check` shows the error.',
          unit: 'count',
          kind: 'stat',
          queries: [
            { expr: `sum(up{${SERVED}})`, legend: 'up' },
            { expr: `count(up{${SERVED}})`, legend: 'known' },
          ],
        },
        {
          id: 'up',
          title: 'Up',
          description: 'When every address of a service answered.',
          unit: 'count',
          kind: 'bands',
          queries: [
            {
              expr: `min by (service, name, node) (up{${SERVED}})`,
              legend: '{{name}} {{node}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Work',
      panels: [
        {
          id: 'requests',
          title: 'Requests finished, by run',
          description:
            'Requests that each benchmark’s clients completed or gave up on, per second.',
          unit: 'requests/s',
          kind: 'lines',
          queries: [
            {
              expr: `sum by (name, run) (${rate('aibench_client_requests_total', CLIENT)})`,
              legend: '{{name}} {{run}}',
            },
          ],
        },
        {
          id: 'inflight',
          title: 'Requests in flight, by run',
          description: 'Requests sent and not yet answered.',
          unit: 'count',
          kind: 'lines',
          queries: [
            {
              expr: `sum by (name, run) (aibench_client_inflight{${CLIENT}})`,
              legend: '{{name}} {{run}}',
            },
          ],
        },
        {
          id: 'tokens',
          title: 'Tokens generated, by server',
          description: 'As counted by the servers, for all clients.',
          unit: 'tokens/s',
          kind: 'lines',
          queries: [
            {
              expr: `sum by (name) (${rate('vllm:generation_tokens_total', SERVED)})`,
              legend: '{{name}}',
            },
          ],
        },
        {
          id: 'latency',
          title: 'Response time',
          description:
            'From sending a request to its last byte, as the clients see it, for language models and vector databases.',
          unit: 'seconds',
          kind: 'lines',
          queries: [
            ...quantiles(
              {
                histogram: 'gen_ai_client_operation_duration_seconds',
                matchers: CLIENT,
                by: ['name'],
                legend: '{{name}} model',
              },
              [0.5, 0.99],
            ),
            ...quantiles(
              {
                histogram: 'db_client_operation_duration_seconds',
                matchers: CLIENT,
                by: ['name'],
                legend: '{{name}} database',
              },
              [0.5, 0.99],
            ),
          ],
        },
      ],
    },
    { title: 'Hardware', panels: [cpuBusy, memoryUsed, gpuBusy, gpuPower] },
    {
      title: 'Cost of monitoring',
      panels: [
        {
          id: 'own-cpu',
          title: 'CPU used by the monitors',
          description:
            'In cores: 0.01 is one percent of a core. As each program reports for itself.',
          unit: 'cores',
          kind: 'lines',
          queries: [
            {
              expr: `sum by (job) (${rate('process_cpu_seconds_total', OWN)})`,
              legend: '{{job}}',
            },
          ],
        },
        {
          id: 'own-memory',
          title: 'Memory used by the monitors',
          description: 'Resident memory of each program.',
          unit: 'bytes',
          kind: 'lines',
          queries: [
            {
              expr: `sum by (job) (process_resident_memory_bytes{${OWN}})`,
              legend: '{{job}}',
            },
          ],
        },
        {
          id: 'scrape-duration',
          title: 'Scrape duration',
          description:
            'The slowest address of each service. Above the scrape interval, scrapes are lost.',
          unit: 'seconds',
          kind: 'lines',
          queries: [
            {
              expr: once(['service', 'name'], `scrape_duration_seconds{${SERVED}}`),
              legend: '{{name}}',
            },
          ],
        },
        {
          id: 'samples',
          title: 'Samples stored',
          description: 'Each sample takes about two bytes on disk.',
          unit: 'samples/s',
          kind: 'lines',
          queries: [
            {
              expr: `sum(${rate('prometheus_tsdb_head_samples_appended_total', OWN)})`,
              legend: 'samples',
            },
          ],
        },
      ],
    },
  ],
}
