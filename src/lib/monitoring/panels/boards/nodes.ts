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
  'CPU use',
  'ratio',
  'The share of a node’s CPU time that is neither idle nor waiting for a disk.',
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
  'Memory that is not available to a program asking for it now.',
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
  'Traffic of all interfaces except the loopback.',
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
  'Traffic as the ports count it, including RDMA, which the network panel does not see.',
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
  'Data read from and written to a node’s local disks. Traffic of a parallel file system shows under network and InfiniBand.',
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
  'The share of time in which some task was waiting for CPU, memory or I/O.',
  ['cpu', 'memory', 'io'].map((what) => ({
    expr: once(['node'], rate(`node_pressure_${what}_waiting_seconds_total`, SERVED)),
    legend: `{{node}} ${what}`,
  })),
)

export const gpuBusy: Panel = gauge(
  'gpu-busy',
  'GPU use',
  'ratio',
  'The share of time in which a kernel was running. 100 % does not mean that the whole GPU was used: compare the power.',
  [
    {
      expr: once(['node', 'gpu'], `aibench_gpu_busy_ratio{${SERVED}}`),
      legend: '{{node}} GPU {{gpu}}',
    },
  ],
)

export const gpuPower: Panel = gauge(
  'gpu-power',
  'GPU power',
  'watts',
  'Power drawn by each GPU, including its memory.',
  [
    {
      expr: once(['node', 'gpu'], `aibench_gpu_power_watts{${SERVED}}`),
      legend: '{{node}} GPU {{gpu}}',
    },
  ],
)

export const gpuClock: Panel = gauge(
  'gpu-clock',
  'GPU clock',
  'hertz',
  'SM clock. It drops when a power or temperature limit is reached: see throttling.',
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
  description: 'The hardware that services run on.',
  variables: ['node', 'name'],
  hasPhases: false,
  rows: [
    {
      title: 'CPU and memory',
      panels: [
        cpuBusy,
        panel(
          'stacked',
          'cpu-modes',
          'CPU time by mode',
          'ratio',
          'Shares of the CPU time of the selected nodes. `user` is programs, `system` the kernel, `iowait` idle while waiting for a disk.',
          [
            {
              expr: `avg by (mode) (${rate('node_cpu_seconds_total', `mode!="idle",${SERVED}`)})`,
              legend: '{{mode}}',
            },
          ],
        ),
        memoryUsed,
        gauge('load', 'Load', 'count', 'Tasks running or waiting, averaged over a minute.', [
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
        gauge('gpu-memory', 'GPU memory', 'bytes', 'Memory in use on each GPU.', [
          {
            expr: once(['node', 'gpu'], `aibench_gpu_memory_used_bytes{${SERVED}}`),
            legend: '{{node}} GPU {{gpu}}',
          },
        ]),
        gpuPower,
        gpuClock,
        gauge('gpu-temperature', 'GPU temperature', 'celsius', 'Temperature of the chip.', [
          {
            expr: once(['node', 'gpu'], `aibench_gpu_temperature_celsius{${SERVED}}`),
            legend: '{{node}} GPU {{gpu}}',
          },
        ]),
        panel(
          'alarms',
          'gpu-throttled',
          'GPU throttling',
          'count',
          'When the clock was held back, and why. A power cap is normal under full load; heat is not.',
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
          'GPU energy',
          'joules',
          'Energy used by each GPU over the whole range.',
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
