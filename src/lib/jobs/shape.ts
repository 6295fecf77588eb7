import type { Shape } from '../state/schema.js'
import type { Workload } from './contract.js'

/** What kind of work an instance with these options is. */
export function shapeOf(workload: Workload, options: Record<string, unknown>): Shape {
  return workload.shape === 'batch' && workload.holds?.(options) ? 'holding' : workload.shape
}
