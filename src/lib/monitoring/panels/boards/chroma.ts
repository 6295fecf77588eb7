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
  description: 'Chroma as its clients see it, and its own metrics sent by OTLP.',
  variables: ['name', 'run'],
  hasPhases: true,
  rows: [
    {
      title: 'As the clients see it',
      panels: [
        {
          id: 'client-requests',
          title: 'Requests finished, by outcome',
          description: 'Requests of the benchmarks of this database.',
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
          title: 'Operation latency',
          description:
            'From sending a request to its last byte. Percentiles are within 5 % of the exact ones.',
          unit: 'seconds',
          kind: 'lines',
          queries: [...quantiles(operations, [0.5, 0.95, 0.99]), mean(operations)],
        },
        {
          id: 'client-inflight',
          title: 'Requests in flight',
          description: 'Requests sent and not yet answered.',
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
          description: 'As counted by the server, for all clients.',
          unit: 'operations/s',
          kind: 'lines',
          queries: KINDS.map((kind) => ({
            expr: `sum(${rate(`collection_${kind}_total`, OWN)})`,
            legend: kind,
          })),
        },
        {
          id: 'cache',
          title: 'Collection cache hit rate',
          description:
            'The share of collection look-ups answered from the cache. If it stays far below 100 %, the configured cache is too small or expires too soon.',
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
          title: 'Messages handled by the executors',
          description: 'Internal work of the server, such as compaction, by component and result.',
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
          title: 'Messages waiting for an executor',
          description: 'Mean queue depth of each component.',
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
          title: 'Busy server threads',
          description:
            'Busy time of the asynchronous runtime, in cores. When it reaches the number of threads, the runtime is the bottleneck.',
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
