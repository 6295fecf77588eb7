import { once, rate, SERVED } from '../expr.js'
import type { Unit } from '../../../charts/unit.js'
import type { Board, Panel, PanelKind, Query } from '../panel.js'

/** Rates of what the interfaces of a node count, added up. */
function perDevice(metric: string, matchers: string, parts: readonly string[]): string {
  return `sum by (node) (${once(['node', ...parts], rate(metric, `${SERVED}${matchers}`))})`
}

const gauge = (id: string, title: string, unit: Unit, description: string, queries: Query[]) =>
  panel('lines', id, title, unit, description, queries)

function panel(
  kind: PanelKind,
  id: string,
  title: string,
  unit: Unit,
  description: string,
  queries: readonly Query[],
): Panel {
  return { id, title, description, unit, kind, queries }
}

export const cpuBusy: Panel = gauge(
  'cpu-busy',
  'Processors busy',
  'ratio',
  'The share of all processors of a node that is neither idle nor waits for a disk.',
  [
    {
      expr: `1 - sum by (node) (avg by (node, mode) (${rate('node_cpu_seconds_total', `mode=~"idle|iowait",${SERVED}`)}))`,
      legend: '{{node}}',
    },
  ],
)

export const memoryUsed: Panel = gauge(
  'memory-used',
  'Memory used',
  'bytes',
  'What could not be given to a program that asks for memory now.',
  [
    {
      expr: `${once(['node'], `node_memory_MemTotal_bytes{${SERVED}}`)} - ${once(['node'], `node_memory_MemAvailable_bytes{${SERVED}}`)}`,
      legend: '{{node}}',
    },
  ],
)

export const network: Panel = gauge(
  'network',
  'Network',
  'bytes/s',
  'What came in and went out through all interfaces but the loopback.',
  [
    {
      expr: perDevice('node_network_receive_bytes_total', ',device!="lo"', ['device']),
      legend: '{{node}} in',
    },
    {
      expr: perDevice('node_network_transmit_bytes_total', ',device!="lo"', ['device']),
      legend: '{{node}} out',
    },
  ],
)

export const infiniband: Panel = gauge(
  'infiniband',
  'InfiniBand',
  'bytes/s',
  'What the ports count, RDMA too: data that the network panel cannot see.',
  [
    {
      expr: perDevice('node_infiniband_port_data_received_bytes_total', '', ['device', 'port']),
      legend: '{{node}} in',
    },
    {
      expr: perDevice('node_infiniband_port_data_transmitted_bytes_total', '', ['device', 'port']),
      legend: '{{node}} out',
    },
  ],
)

export const disks: Panel = gauge(
  'disk-bytes',
  'Local disks',
  'bytes/s',
  'Read and written by all local disks of a node. A parallel file system is not among them: see network and InfiniBand.',
  [
    {
      expr: perDevice('node_disk_read_bytes_total', '', ['device']),
      legend: '{{node}} read',
    },
    {
      expr: perDevice('node_disk_written_bytes_total', '', ['device']),
      legend: '{{node}} written',
    },
  ],
)

export const pressure: Panel = gauge(
  'pressure',
  'Pressure',
  'ratio',
  'The share of time in which some task waited for a processor, for memory or for input and output.',
  ['cpu', 'memory', 'io'].map((what) => ({
    expr: once(['node'], rate(`node_pressure_${what}_waiting_seconds_total`, SERVED)),
    legend: `{{node}} ${what}`,
  })),
)

export const gpuBusy: Panel = gauge(
  'gpu-busy',
  'GPUs busy',
  'ratio',
  'The share of time in which some kernel ran. 1 does not mean that the whole GPU was used: see power.',
  [
    {
      expr: once(['node', 'gpu'], `aibench_gpu_busy_ratio{${SERVED}}`),
      legend: '{{node}} GPU {{gpu}}',
    },
  ],
)

export const gpuPower: Panel = gauge(
  'gpu-power',
  'Power of the GPUs',
  'watts',
  'What each GPU draws, its memory included.',
  [
    {
      expr: once(['node', 'gpu'], `aibench_gpu_power_watts{${SERVED}}`),
      legend: '{{node}} GPU {{gpu}}',
    },
  ],
)

export const gpuClock: Panel = gauge(
  'gpu-clock',
  'Clock of the GPUs',
  'hertz',
  'Of the multiprocessors. It falls when power or heat reach a limit: see what slows them down.',
  [
    {
      expr: once(['node', 'gpu'], `aibench_gpu_sm_clock_hertz{${SERVED}}`),
      legend: '{{node}} GPU {{gpu}}',
    },
  ],
)

export const nodes: Board = {
  uid: 'aibench-nodes',
  title: 'aibench: nodes and GPUs',
  description: 'The hardware on which services run, each node once.',
  variables: ['node', 'name'],
  hasPhases: false,
  rows: [
    {
      title: 'Processors and memory',
      panels: [
        cpuBusy,
        panel(
          'stacked',
          'cpu-modes',
          'Where processor time goes',
          'ratio',
          'Shares of all processors of the nodes that are chosen. `user` is programs, `system` the kernel for them, `iowait` idle but for a disk.',
          [
            {
              expr: `avg by (mode) (${rate('node_cpu_seconds_total', `mode!="idle",${SERVED}`)})`,
              legend: '{{mode}}',
            },
          ],
        ),
        memoryUsed,
        gauge('load', 'Load', 'count', 'Tasks that run or wait, mean of a minute.', [
          { expr: once(['node'], `node_load1{${SERVED}}`), legend: '{{node}}' },
        ]),
        pressure,
      ],
    },
    { title: 'Network and disks', panels: [network, infiniband, disks] },
    {
      title: 'GPUs',
      panels: [
        gpuBusy,
        gauge('gpu-memory', 'Memory of the GPUs', 'bytes', 'Used, of each GPU.', [
          {
            expr: once(['node', 'gpu'], `aibench_gpu_memory_used_bytes{${SERVED}}`),
            legend: '{{node}} GPU {{gpu}}',
          },
        ]),
        gpuPower,
        gpuClock,
        gauge('gpu-temperature', 'Temperature of the GPUs', 'celsius', 'Of the chip.', [
          {
            expr: once(['node', 'gpu'], `aibench_gpu_temperature_celsius{${SERVED}}`),
            legend: '{{node}} GPU {{gpu}}',
          },
        ]),
        panel(
          'alarms',
          'gpu-throttled',
          'What slows the GPUs down',
          'count',
          'When a clock was held back, and why. A power cap is ordinary under full load; heat is not.',
          [
            {
              expr: once(['node', 'gpu', 'reason'], `aibench_gpu_throttled{${SERVED}}`),
              legend: '{{node}} GPU {{gpu}} {{reason}}',
            },
          ],
        ),
        panel(
          'stat',
          'gpu-energy',
          'Energy of the GPUs',
          'joules',
          'What each GPU has used in the whole range.',
          [
            {
              expr: once(
                ['node', 'gpu'],
                `increase(aibench_gpu_energy_joules_total{${SERVED}}[$__range])`,
              ),
              legend: '{{node}} GPU {{gpu}}',
            },
          ],
        ),
      ],
    },
  ],
}
