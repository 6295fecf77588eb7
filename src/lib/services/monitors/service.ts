import * as v from 'valibot'
import type { Member, Serving } from '../../jobs/contract.js'
import { aibench } from '../../platform/command-line.js'
import { fieldsWithDefaults } from '../../options/set.js'
import { explainMonitors } from './explain.js'
import { monitorsOptions, SERVERS, type MonitorsOptions, type Server } from './options.js'
import { MONITORS } from './words.js'

/**
 * What watches the services, as one job of several servers. Without Prometheus it is nothing; the others can fail.
 * Every command knows every service: what only some of them need is loaded by them.
 */
export const monitors: Serving<MonitorsOptions> = {
  ...MONITORS,
  shape: 'serving',
  script: 'monitors.sh',
  options: monitorsOptions,
  kept: v.object({
    ...fieldsWithDefaults(monitorsOptions),
    archive: v.optional(v.nullable(v.string()), null),
  }),
  // What was opened is opened again by its file, wherever that is by then.
  startVerb: ({ archive }) => (archive ? null : 'start'),
  firstStart: [aibench('monitors', 'start', '--wait')],
  whenReady: ['check'],
  complete: async (context, options) =>
    (await import('./complete.js')).completeMonitors(context, options),
  // What is opened again has nothing to keep.
  resources: ({ archive, archiveBeforeMs }) =>
    archive ? { nodes: 1 } : { nodes: 1, endsWithinS: Math.ceil(archiveBeforeMs / 1000) },
  prepare: async (...asked) => (await import('./prepare.js')).prepareMonitors(...asked),
  explain: explainMonitors,
  members: (options) =>
    SERVERS.filter((name) => name === 'prometheus' || options.with?.includes(name)).map(
      (name) => MEMBERS[name],
    ),
  beforeSave: async (...asked) => (await import('./save.js')).archiveBefore(...asked),
  hooks: {
    ended: async (...asked) => (await import('./rescued.js')).keptAfterEnd(...asked),
  },
  figures: async (...asked) => (await import('./figures.js')).figuresOf(...asked),
}

const probes = () => import('./probes.js')

const MEMBERS: Readonly<Record<Server, Member>> = {
  prometheus: {
    name: 'prometheus',
    title: 'Prometheus',
    critical: true,
    secret: { kind: 'basic', file: 'prometheus.token' },
    callPath: '/api/v1/status/buildinfo',
    probe: async (...asked) => (await probes()).probePrometheus(...asked),
  },
  collector: {
    name: 'collector',
    title: 'The OpenTelemetry Collector',
    critical: false,
    secret: { kind: 'bearer', file: 'collector.token' },
    probe: async (...asked) => (await probes()).probeCollector(...asked),
  },
  grafana: {
    name: 'grafana',
    title: 'Grafana',
    critical: false,
    secret: { kind: 'basic', file: 'grafana.token' },
    callPath: '/api/user',
    probe: async (...asked) => (await probes()).probeGrafana(...asked),
  },
  node: {
    name: 'node',
    title: 'The node exporter',
    critical: false,
    secret: { kind: 'basic', file: 'node.token' },
    // On its node's loopback: Prometheus asks it.
    isInner: true,
    probe: async (...asked) => (await probes()).probeNodeExporter(...asked),
  },
}
