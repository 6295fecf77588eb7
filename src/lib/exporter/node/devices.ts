import type { FigurePage, Sample } from '../../platform/figure-page.js'
import { linesOf, namesIn, numberIn, textOf } from './files.js'

/** Networks and disks, under the names that node_exporter gives them. */

/** In the order of /proc/net/dev: those of what came in, then of what went out. */
const NETWORK = ['bytes', 'packets', 'errs', 'drop']
const NETWORK_COLUMNS = 8

export function tellNetworks(page: FigurePage, proc: string): void {
  const devices = linesOf(`${proc}/net/dev`).flatMap((line) => {
    const [, device, figures] = /^\s*([^:\s]+):\s*(.*)$/.exec(line) ?? []
    return device === undefined ? [] : [{ device, figures: figures.split(/\s+/).map(Number) }]
  })
  for (const [direction, from] of [
    ['receive', 0],
    ['transmit', NETWORK_COLUMNS],
  ] as const)
    for (const [i, what] of NETWORK.entries())
      page.counter(
        `node_network_${direction}_${what}_total`,
        `Network device statistic ${direction}_${what}.`,
        devices.map(({ device, figures }): Sample => [{ device }, figures[from + i] ?? null]),
      )
}

/** The files of a port, our words, and what a unit of it is: data are counted in words of four bytes. */
const INFINIBAND = [
  ['port_rcv_data', 'port_data_received_bytes_total', 'Number of data octets received', 4],
  ['port_xmit_data', 'port_data_transmitted_bytes_total', 'Number of data octets transmitted', 4],
  ['port_rcv_packets', 'port_packets_received_total', 'Number of packets received', 1],
  ['port_xmit_packets', 'port_packets_transmitted_total', 'Number of packets transmitted', 1],
  ['port_xmit_wait', 'port_transmit_wait_total', 'Number of ticks that data had to wait', 1],
] as const

export function tellInfiniband(page: FigurePage, sys: string): void {
  const root = `${sys}/class/infiniband`
  const ports = namesIn(root).flatMap((device) =>
    namesIn(`${root}/${device}/ports`).map((port) => ({ device, port })),
  )
  for (const [file, name, help, factor] of INFINIBAND)
    page.counter(
      `node_infiniband_${name}`,
      `${help} on all links of the port.`,
      ports.map(({ device, port }): Sample => {
        const count = numberIn(`${root}/${device}/ports/${port}/counters/${file}`)
        return [{ device, port }, count === null ? null : count * factor]
      }),
    )
  page.gauge(
    'node_infiniband_rate_bytes_per_second',
    'Maximum signal transfer rate.',
    ports.map(({ device, port }): Sample => {
      const gigabits = /^([\d.]+) Gb/.exec(
        textOf(`${root}/${device}/ports/${port}/rate`) ?? '',
      )?.[1]
      return [{ device, port }, gigabits === undefined ? null : (Number(gigabits) * 1e9) / 8]
    }),
  )
}

/** Columns of /proc/diskstats after the name; what they count in is 512 bytes or milliseconds. */
const DISKS = [
  [0, 'node_disk_reads_completed_total', 'The total number of reads completed.', 1],
  [2, 'node_disk_read_bytes_total', 'The total number of bytes read.', 512],
  [3, 'node_disk_read_time_seconds_total', 'The number of seconds spent by all reads.', 1e-3],
  [4, 'node_disk_writes_completed_total', 'The total number of writes completed.', 1],
  [6, 'node_disk_written_bytes_total', 'The total number of bytes written.', 512],
  [7, 'node_disk_write_time_seconds_total', 'The number of seconds spent by all writes.', 1e-3],
  [9, 'node_disk_io_time_seconds_total', 'Total seconds spent doing I/Os.', 1e-3],
] as const
/** Parts of others, and what is not on a disk. */
const NO_DISK = /^(z?ram|loop|fd|(h|s|v|xv)d[a-z]+|nvme\d+n\d+p)\d+$/

export function tellDisks(page: FigurePage, proc: string): void {
  const disks = linesOf(`${proc}/diskstats`)
    .map((line) => line.trim().split(/\s+/).slice(2))
    .filter(([device]) => !NO_DISK.test(device))
  for (const [column, name, help, factor] of DISKS)
    page.counter(
      name,
      help,
      disks.map(([device, ...figures]): Sample => {
        const count = Number(figures[column])
        return [{ device }, factor < 1 ? count / (1 / factor) : count * factor]
      }),
    )
}
