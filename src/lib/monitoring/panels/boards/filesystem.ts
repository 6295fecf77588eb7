import { once, rate, SERVED } from '../expr.js'
import { PHASES, type Board } from '../panel.js'
import { cpuBusy, disks, infiniband, network, pressure } from './nodes.js'

const disk = (metric: string): string =>
  `sum by (node) (${once(['node', 'device'], rate(metric, SERVED))})`

export const filesystem: Board = {
  uid: 'aibench-filesystem',
  title: 'aibench: file systems',
  description: 'What the nodes of a benchmark of a file system do, phase by phase.',
  variables: ['name', 'node', 'run'],
  hasPhases: true,
  rows: [
    {
      title: 'The run',
      panels: [
        {
          id: 'phase',
          title: 'Phases',
          description: 'What the run did when.',
          unit: 'count',
          kind: 'bands',
          queries: [{ expr: PHASES.expr, legend: '{{run}} {{phase}}' }],
        },
      ],
    },
    { title: 'Over the network', panels: [network, infiniband] },
    {
      title: 'On the nodes',
      panels: [
        disks,
        {
          id: 'disk-operations',
          title: 'Operations of local disks',
          description: 'Reads and writes that ended.',
          unit: 'operations/s',
          kind: 'lines',
          queries: [
            { expr: disk('node_disk_reads_completed_total'), legend: '{{node}} reads' },
            { expr: disk('node_disk_writes_completed_total'), legend: '{{node}} writes' },
          ],
        },
        {
          id: 'dirty',
          title: 'Written, and not yet on its way',
          description:
            'What lies in the memory of the nodes and waits to be written. A benchmark that ends while it is high has measured memory.',
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
          title: 'Files in memory',
          description: 'A benchmark that reads less than this may have read memory.',
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
