import * as v from 'valibot'
import { option, type ValueType } from '../../options/option.js'
import { alike, type ValuesOf } from '../../options/set.js'
import { duration, path, text, toggle } from '../../options/types.js'
import { UsageError } from '../../platform/errors.js'

/** What a start can be asked for. `gpu` is there to be said: figures of GPUs come from beside each service, whether it is said or not. */
export const PARTS = ['prometheus', 'grafana', 'collector', 'node', 'gpu'] as const
export type Part = (typeof PARTS)[number]

/** Parts that are a server each, in the order of their start. */
export const SERVERS = ['prometheus', 'collector', 'grafana', 'node'] as const
export type Server = (typeof SERVERS)[number]

const partsType: ValueType<readonly Part[]> = {
  schema: v.array(v.picklist(PARTS)),
  helpValue: 'PARTS',
  completes: PARTS,
  read(text, where) {
    const words = text.split(',').map((word) => word.trim())
    const unknown = words.find((word) => !PARTS.some((part) => part === word))
    if (unknown !== undefined)
      throw new UsageError(`${where} must be of ${PARTS.join(', ')}, not "${unknown}"`)
    return PARTS.filter((part) => words.includes(part))
  },
  write: (parts) => parts.join(','),
}

/** As Prometheus reads it. */
const spanType: ValueType<string> = {
  schema: v.string(),
  helpValue: 'TIME',
  read(text, where) {
    if (/^([1-9]\d*[smhdwy])+$/.test(text)) return text
    throw new UsageError(`${where} must be a time such as 12h, 7d or 1y, not "${text}"`)
  },
}

/** What the monitors can be told, besides where they run. */
export const monitorsOptions = alike(
  { group: 'MONITORS' },
  {
    /** Null until what is there was looked for. */
    with: option(partsType, {
      summary:
        'Start these parts: prometheus (always), grafana, collector, node. Default: all that are installed. GPUs are sampled next to every service; gpu is accepted and changes nothing.',
    }),
    scrapeIntervalMs: duration({
      summary: 'Scrape every target every TIME.',
      default: 1_000,
      min: 100,
    }),
    archiveBeforeMs: duration({
      summary: 'Archive the data TIME before the time limit, at most a fifth of it before.',
      default: 120_000,
      min: 30_000,
    }),
    retention: option(spanType, { summary: 'Keep metrics for TIME.', default: '7d' }),
    /** Null is a folder of the job on its node. */
    tsdbDir: path({
      summary: 'Keep the database in this directory. Default: a directory on the node’s own disk.',
      setting: 'monitors.tsdb_dir',
    }),
    allowSharedTsdb: toggle({
      summary: 'Allow --tsdb-dir on NFS or Lustre, where a crash can destroy the database.',
      needs: ['tsdb-dir'],
    }),
    loopback: toggle({
      summary: 'Listen on the node’s loopback only: other nodes can neither push nor query.',
    }),
    prometheus: path({
      helpValue: 'FILE',
      summary: 'Run this Prometheus: a program or an Apptainer image. Default: prometheus on PATH.',
      setting: 'monitors.prometheus',
    }),
    grafana: path({
      helpValue: 'FILE',
      summary: 'Run this Grafana: a program or an Apptainer image. Default: grafana on PATH.',
      setting: 'monitors.grafana',
    }),
    collector: path({
      helpValue: 'FILE',
      summary:
        'Run this OpenTelemetry Collector: a program or an Apptainer image. Default: otelcol on PATH.',
      setting: 'monitors.collector',
    }),
    nodeExporter: path({
      helpValue: 'FILE',
      summary:
        'Run this node exporter: a program or an Apptainer image. Default: node_exporter on PATH.',
      setting: 'monitors.node_exporter',
    }),
  },
)

/** Of a look at them. */
export const checkOptions = alike(
  { group: 'DASHBOARDS', env: null },
  {
    dashboards: toggle({ summary: 'Run the queries of all panels and show which have data.' }),
    run: text({
      helpValue: 'RUN',
      completes: 'run',
      summary: 'Check the panels of a run, over its time range.',
      needs: ['dashboards'],
    }),
    rangeMs: duration({
      summary: 'Look at the last TIME. Default 15m; of an archive all.',
      min: 1_000,
      needs: ['dashboards'],
    }),
  },
)

export type MonitorsOptions = ValuesOf<typeof monitorsOptions> & {
  /** A saved run that is opened again, read-only: the folder or .zip of its archive. Set by `open` alone. */
  archive?: string | null
}
