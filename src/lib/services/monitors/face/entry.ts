import type { Topic } from '../../../cli/topic.js'

/** What the catalog takes. */
export { monitors as service } from '../service.js'

export const topic: Topic = {
  summary: 'Watch services: Prometheus, Grafana, OpenTelemetry, node and GPU figures, in one job.',
  firstSteps: [['aibench monitors start --wait', 'aibench monitors check']],
}
