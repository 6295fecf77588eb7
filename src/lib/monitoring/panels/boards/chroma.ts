import { CLIENT, mean, quantiles, rate } from '../expr.js'
import type { Board } from '../panel.js'

/** What Chroma sends by OTLP has no node. */
const OWN = 'name=~"$name"'

const operations = {
  histogram: 'db_client_operation_duration_seconds',
  matchers: CLIENT,
  by: ['name', 'db_operation_name'],
  legend: '{{name}} {{db_operation_name}}',
}

const KINDS = ['query', 'get', 'add', 'upsert', 'delete', 'count']

export const chroma: Board = {
  uid: 'aibench-chroma',
  title: 'aibench: Chroma',
  description: 'Chroma as its clients see it, and what it says of itself by OTLP.',
  variables: ['name', 'run'],
  hasPhases: true,
  rows: [
    {
      title: 'As the clients see it',
      panels: [
        {
          id: 'client-requests',
          title: 'Requests ended, by outcome',
          description: 'Of the benchmarks of this database.',
          unit: 'requests/s',
          kind: 'stacked',
          queries: [
            {
              expr: `sum by (name, outcome) (${rate('aibench_client_requests_total', `service="chroma",${CLIENT}`)})`,
              legend: '{{name}} {{outcome}}',
            },
          ],
        },
        {
          id: 'client-latency',
          title: 'How long an operation takes',
          description:
            'From sending a request to its last byte. The buckets are fine: a quantile is within 5 % of the exact one.',
          unit: 'seconds',
          kind: 'lines',
          queries: [...quantiles(operations, [0.5, 0.95, 0.99]), mean(operations)],
        },
        {
          id: 'client-inflight',
          title: 'Requests in flight',
          description: 'What the clients wait for.',
          unit: 'count',
          kind: 'lines',
          queries: [
            {
              expr: `sum by (name) (aibench_client_inflight{service="chroma",${CLIENT}})`,
              legend: '{{name}}',
            },
          ],
        },
      ],
    },
    {
      title: 'As the server sees it',
      panels: [
        {
          id: 'operations',
          title: 'Operations',
          description: 'Counted by the server, whoever asked.',
          unit: 'operations/s',
          kind: 'lines',
          queries: KINDS.map((kind) => ({
            expr: `sum(${rate(`collection_${kind}_total`, OWN)})`,
            legend: kind,
          })),
        },
        {
          id: 'cache',
          title: 'Collections found in the cache',
          description:
            'The share of look-ups of a collection that its cache answered. Far below 1, the cache of the configuration is too small or lives too short.',
          unit: 'ratio',
          kind: 'lines',
          queries: [
            {
              expr: `sum(${rate('cache_hit_total', OWN)}) / (sum(${rate('cache_hit_total', OWN)}) + sum(${rate('cache_miss_total', OWN)}))`,
              legend: 'hits',
            },
          ],
        },
        {
          id: 'executor',
          title: 'Messages that its executors handled',
          description:
            'Work behind the requests, by part of the server and result: compaction among it.',
          unit: 'events/s',
          kind: 'lines',
          queries: [
            {
              expr: `sum by (component, result) (${rate('chroma_system_executor_handler_completed_total', OWN)})`,
              legend: '{{component}} {{result}}',
            },
          ],
        },
        {
          id: 'executor-wait',
          title: 'Messages that wait for an executor',
          description: 'The mean depth of the queue of each part of the server.',
          unit: 'count',
          kind: 'lines',
          queries: [
            {
              expr: ['sum', 'count']
                .map(
                  (part) =>
                    `sum by (component) (${rate(`chroma_system_executor_queue_depth_${part}`, OWN)})`,
                )
                .join(' / '),
              legend: '{{component}}',
            },
          ],
        },
        {
          id: 'workers',
          title: 'Threads of the server that are busy',
          description:
            'In cores, of its asynchronous run time: at the number of its threads it is the limit.',
          unit: 'cores',
          kind: 'lines',
          queries: [
            {
              expr: `sum(${rate('tokio_worker_busy_duration_seconds_total', OWN)})`,
              legend: 'busy',
            },
          ],
        },
      ],
    },
  ],
}
