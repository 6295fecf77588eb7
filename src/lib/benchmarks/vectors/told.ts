import type { VectorPlan } from '../../instrument/vectors/plan.js'
import type { Told } from '../told-figures.js'

/** Names of the conventions of OpenTelemetry for databases. */
export function toldOf(_plan: VectorPlan, service: string): Told {
  return {
    counters: {},
    times: { duration: 'db.client.operation.duration' },
    labels: { 'db.system.name': service, 'db.operation.name': 'query' },
    phases: { ingest: 'measure', level: 'measure' },
  }
}
