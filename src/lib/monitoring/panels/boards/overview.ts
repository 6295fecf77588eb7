import { CLIENT, once, quantiles, rate, SERVED } from '../expr.js'
import type { Board } from '../panel.js'
import { cpuBusy, gpuBusy, gpuPower, memoryUsed } from './nodes.js'

const OWN = 'service="monitors",name=~"$name"'

export const overview: Board = {
  uid: 'aibench-overview',
  title: 'aibench: overview',
  description: 'What runs, what it is asked, and what that costs.',
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
            'How many of the addresses that are scraped answered last time. Where the two differ, `aibench monitors check` names the error.',
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
          description: 'When each service answered on all of its addresses.',
          unit: 'count',
          kind: 'bands',
          queries: [
            {
              expr: `min by (service, name, node) (up{${SERVED}})`,
              legend: '{{service}} {{name}} {{node}}',
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
          title: 'Requests ended, by run',
          description: 'What the clients of each benchmark had an answer to, or gave up, a second.',
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
          description: 'What the clients wait for.',
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
          description: 'As the servers count them, whoever asked.',
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
          title: 'How long an answer takes',
          description:
            'From sending a request to its last byte, as the clients see it: of language models, and of vector databases.',
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
      title: 'What the monitoring itself costs',
      panels: [
        {
          id: 'own-cpu',
          title: 'Processor time of the monitors',
          description: 'In cores: 0.01 is a hundredth of one. What its programs say of themselves.',
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
          title: 'Memory of the monitors',
          description: 'Resident, of each of its programs.',
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
          title: 'How long a scrape takes',
          description:
            'The slowest address of each service. More than the interval: scrapes are lost.',
          unit: 'seconds',
          kind: 'lines',
          queries: [
            {
              expr: once(['service', 'name'], `scrape_duration_seconds{${SERVED}}`),
              legend: '{{service}} {{name}}',
            },
          ],
        },
        {
          id: 'samples',
          title: 'Samples stored a second',
          description: 'At two bytes each, this is what fills the disk.',
          unit: 'events/s',
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
