import type { FigurePage, Sample } from '../../platform/figure-page.js'
import { linesOf, textOf } from './files.js'

/** Processors, memory, load and pressure, under the names that node_exporter gives them. */

const MODES = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal']
/** Linux counts in hundredths of a second here, whatever its own clock is. */
const TICKS_A_SECOND = 100

export function tellProcessor(page: FigurePage, proc: string): void {
  const stat = linesOf(`${proc}/stat`).map((line) => line.split(/\s+/))
  const cpus: Sample[] = stat
    .filter(([name]) => /^cpu\d+$/.test(name))
    .flatMap(([name, ...ticks]) =>
      MODES.map((mode, i): Sample => [{ cpu: name.slice(3), mode }, secondsOf(ticks[i])]),
    )
  page.counter('node_cpu_seconds_total', 'Seconds the CPUs spent in each mode.', cpus)
  const one = (name: string) => {
    const found = stat.find(([word]) => word === name)?.[1]
    return found === undefined ? null : Number(found)
  }
  page.counter('node_context_switches_total', 'Total number of context switches.', one('ctxt'))
  page.counter('node_forks_total', 'Total number of forks.', one('processes'))
  page.gauge('node_procs_running', 'Number of processes in runnable state.', one('procs_running'))
  page.gauge(
    'node_procs_blocked',
    'Number of processes blocked waiting for I/O to complete.',
    one('procs_blocked'),
  )
  page.gauge('node_boot_time_seconds', 'Node boot time, in unixtime.', one('btime'))
  tellLoad(page, proc)
  tellMemory(page, proc)
  tellPressure(page, proc)
}

function tellLoad(page: FigurePage, proc: string): void {
  const loads = textOf(`${proc}/loadavg`)?.split(' ').slice(0, 3).map(Number)
  if (!loads) return
  for (const [i, minutes] of [1, 5, 15].entries())
    page.gauge(`node_load${minutes}`, `${minutes}m load average.`, loads[i])
}

/** All lines of it, as node_exporter does: `Active(anon)` becomes `Active_anon`, and kB bytes. */
function tellMemory(page: FigurePage, proc: string): void {
  for (const line of linesOf(`${proc}/meminfo`)) {
    const [, name, count, unit] = /^([\w()]+):\s+(\d+)( kB)?$/.exec(line) ?? []
    if (name === undefined) continue
    const field = name.replace('(', '_').replace(')', '')
    if (unit === undefined)
      page.gauge(`node_memory_${field}`, `Memory information field ${field}.`, Number(count))
    else
      page.gauge(
        `node_memory_${field}_bytes`,
        `Memory information field ${field}_bytes.`,
        Number(count) * 1024,
      )
  }
}

/** How long something had to wait: for all of Linux 4.20 and later that has it switched on. */
function tellPressure(page: FigurePage, proc: string): void {
  for (const what of ['cpu', 'io', 'memory'])
    for (const line of linesOf(`${proc}/pressure/${what}`)) {
      const [, word, us] = /^(some|full) .*total=(\d+)$/.exec(line) ?? []
      // All processes waiting for a processor: of no meaning for a node as a whole.
      if (word === undefined || (what === 'cpu' && word === 'full')) continue
      const verb = word === 'some' ? 'waiting' : 'stalled'
      const help =
        word === 'some'
          ? `Total time in seconds that processes have waited for ${what}.`
          : `Total time in seconds no process could make progress due to ${what} congestion.`
      page.counter(`node_pressure_${what}_${verb}_seconds_total`, help, Number(us) / 1e6)
    }
}

function secondsOf(ticks: string | undefined): number | null {
  return ticks === undefined ? null : Number(ticks) / TICKS_A_SECOND
}
