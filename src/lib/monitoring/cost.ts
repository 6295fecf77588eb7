import type { PrometheusApi, Series } from './prometheus/client.js'

/** What watching a run cost, as far as those who watch tell it of themselves; the agent of the monitors does not. */
export interface MonitoringCost {
  /** Over which it was counted: between the first and the last scrape of each, seconds. */
  seconds: number
  programs: ProgramCost[]
  /** Of the instance that was measured: each page that was asked of it, in seconds. */
  scrapes: { page: string; node: string; meanS: number; maxS: number }[]
}

export interface ProgramCost {
  /** `Prometheus`, `Collector`, `node exporter`; `exporter of NAME`, which runs beside that instance. */
  program: string
  node: string
  cpuSeconds: number
  maxRssBytes: number | null
}

/** Of the monitors themselves, and of the exporters beside instances: not of servers that tell their own processor time. */
const WHO = ['{service="monitors"}', '{service!="monitors",job="node"}']
const COLLECTOR = /^otelcol_/

/**
 * From the counters as they were at both ends, and not by `increase()`, which guesses what lies beyond them.
 * @param name of the instance that was measured
 * @throws what the API throws when it can't be asked
 */
export async function monitoringCost(
  api: Pick<PrometheusApi, 'query'>,
  { name, fromMs, toMs }: { name: string; fromMs: number; toMs: number },
): Promise<MonitoringCost> {
  const seconds = Math.max(1, Math.round((toMs - fromMs) / 1000))
  const over = `[${seconds}s]`
  const each = (metric: string, suffix = '') =>
    WHO.map((who) => `${metric}${who}${suffix}`).join(' or ')
  const cpu = `${each('process_cpu_seconds_total')} or {__name__=~"otelcol_process_cpu_seconds(_total)?"}`
  const rss = `max_over_time({__name__=~"process_resident_memory_bytes|otelcol_process_memory_rss(_bytes)?"}${over})`
  const page = `scrape_duration_seconds{name=${JSON.stringify(name)}}`
  const [before, after, memory, mean, max] = await Promise.all([
    api.query(cpu, fromMs),
    api.query(cpu, toMs),
    api.query(rss, toMs),
    api.query(`avg_over_time(${page}${over})`, toMs),
    api.query(`max_over_time(${page}${over})`, toMs),
  ])
  return {
    seconds,
    programs: after.map((series) => {
      const former = valueOf(before, series) ?? 0
      const latter = lastOf(series)
      return {
        program: programOf(series),
        node: series.labels.node ?? '',
        // It was started again in between: what it counts since then.
        cpuSeconds: latter >= former ? latter - former : latter,
        maxRssBytes: valueOf(memory, series) ?? null,
      }
    }),
    scrapes: max.map((series) => ({
      page: series.labels.job ?? '',
      node: series.labels.node ?? '',
      meanS: valueOf(mean, series) ?? lastOf(series),
      maxS: lastOf(series),
    })),
  }
}

function programOf({ labels: { __name__ = '', service, job, name } }: Series): string {
  if (COLLECTOR.test(__name__)) return 'Collector'
  if (service !== 'monitors') return `exporter of ${name}`
  return job === 'prometheus' ? 'Prometheus' : 'node exporter'
}

/** Of the same process: all of its metrics have the same labels. */
function valueOf(all: readonly Series[], wanted: Series): number | undefined {
  const found = all.find((series) => identity(series) === identity(wanted))
  return found && lastOf(found)
}

function identity({ labels: { job, instance, name } }: Series): string {
  return [job, instance, name].join(' ')
}

function lastOf({ samples }: Series): number {
  return samples.at(-1)!.value
}
