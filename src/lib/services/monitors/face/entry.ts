import type { Topic } from '../../../cli/topic.js'

/** What the catalog takes. */
export { monitors as service } from '../service.js'

export const topic: Topic = {
  summary: 'Watch services with Prometheus, Grafana and OpenTelemetry.',
  alsoCalled: ['monitor', 'monitoring', 'prometheus', 'grafana', 'collector', 'openlit'],
}
