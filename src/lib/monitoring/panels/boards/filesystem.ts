import { CLIENT, once, rate, SERVED } from '../expr.js'
import { PHASES, type Board, type Panel } from '../panel.js'
import { cpuBusy, disks, infiniband, network, pressure } from './nodes.js'

const disk = (metric: string): string =>
  `sum by (node) (${once(['node', 'device'], rate(metric, SERVED))})`

/** What came out of each phase: known when it has ended, and still when the run has. */
const result = (gauge: string) => [
  {
    expr: `max by (run, phase) (max_over_time(${gauge}{${CLIENT}}[$__range]))`,
    legend: '{{run}} {{phase}}',
  },
]

const byRanks = (counter: string, legend: string) => ({
  expr: `sum by (run) (${rate(counter, CLIENT)})`,
  legend: `{{run}} ${legend}`,
})

export const phaseResults: readonly Panel[] = [
  {
    id: 'phase-bandwidth',
    title: 'Bandwidth of phases',
    description:
      'As the benchmark itself says it when a phase has ended; the best of several repeats.',
    unit: 'bytes/s',
    kind: 'stat',
    queries: result('aibench_phase_bandwidth_bytes_per_second'),
  },
  {
    id: 'phase-operations',
    title: 'Operations of phases',
    description: 'Files that were created, found, looked at, read or removed a second.',
    unit: 'operations/s',
    kind: 'stat',
    queries: result('aibench_phase_operations_per_second'),
  },
]

export const ranks: readonly Panel[] = [
  {
    id: 'ranks-bytes',
    title: 'Read and written by the ranks',
    description:
      'What the processes of the benchmark ask of the kernel on all nodes, whether it comes from a cache or not.',
    unit: 'bytes/s',
    kind: 'lines',
    queries: [
      byRanks('aibench_ranks_read_bytes_total', 'read'),
      byRanks('aibench_ranks_written_bytes_total', 'written'),
    ],
  },
  {
    id: 'ranks-calls',
    title: 'Calls of the ranks',
    description: 'Small files are read and written by a call each.',
    unit: 'operations/s',
    kind: 'lines',
    queries: [
      byRanks('aibench_ranks_reads_total', 'reads'),
      byRanks('aibench_ranks_writes_total', 'writes'),
    ],
  },
  {
    id: 'data-inodes',
    title: 'Files on the file system',
    description:
      'Inodes in use, those of others too: they rise while files are created and fall while files are removed.',
    unit: 'count',
    kind: 'lines',
    queries: [{ expr: `max by (run) (aibench_data_inodes_used{${CLIENT}})`, legend: '{{run}}' }],
  },
]

export const filesystem: Board = {
  uid: 'aibench-filesystem',
  title: 'aibench: file systems',
  description: 'What the nodes do during a file system benchmark, phase by phase.',
  variables: ['name', 'node', 'run'],
  hasPhases: true,
  rows: [
    {
      title: 'The run',
      panels: [
        {
          id: 'phase',
          title: 'Phases',
          description: 'What the run was doing when.',
          unit: 'count',
          kind: 'bands',
          queries: [{ expr: PHASES.expr, legend: '{{run}} {{phase}}' }],
        },
        ...phaseResults,
      ],
    },
    { title: 'The benchmark', panels: ranks },
    { title: 'Over the network', panels: [network, infiniband] },
    {
      title: 'On the nodes',
      panels: [
        disks,
        {
          id: 'disk-operations',
          title: 'Local disk operations',
          description: 'Completed reads and writes.',
          unit: 'operations/s',
          kind: 'lines',
          queries: [
            { expr: disk('node_disk_reads_completed_total'), legend: '{{node}} reads' },
            { expr: disk('node_disk_writes_completed_total'), legend: '{{node}} writes' },
          ],
        },
        {
          id: 'dirty',
          title: 'Dirty pages',
          description:
            'Data in the nodes’ memory that has not reached the disk yet. A write benchmark that ends while this is high has measured memory.',
          unit: 'bytes',
          kind: 'lines',
          queries: [
            {
              expr: once(['node'], `node_memory_Dirty_bytes{${SERVED}}`),
              legend: '{{node}} dirty',
            },
            {
              expr: once(['node'], `node_memory_Writeback_bytes{${SERVED}}`),
              legend: '{{node}} being written',
            },
          ],
        },
        {
          id: 'cached',
          title: 'Page cache',
          description: 'A benchmark that reads less than this may have read from memory.',
          unit: 'bytes',
          kind: 'lines',
          queries: [
            { expr: once(['node'], `node_memory_Cached_bytes{${SERVED}}`), legend: '{{node}}' },
          ],
        },
        cpuBusy,
        pressure,
      ],
    },
  ],
}
