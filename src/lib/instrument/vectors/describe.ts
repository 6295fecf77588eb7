import { formatCount, formatDuration, formatNumber, formatSeconds } from '../../platform/units.js'
import { levelsOf } from './levels.js'
import type { VectorPlan } from './plan.js'

/** A plan in words: what the benchmark is going to do. */
export function describePlan(plan: VectorPlan): string[] {
  const { dataset, k, repeats, durationMs } = plan
  const levels = levelsOf(plan)
  const totalMs = levels.length * repeats * durationMs
  if (plan.findMaxRate)
    return [
      `${datasetWords(dataset)}, k ${k}`,
      clientWords(plan),
      `the highest rate with ${plan.slo.join(', ')}`,
      `steps of ${durationText(durationMs)}`,
    ]
  return [
    `${datasetWords(dataset)}, k ${k}`,
    clientWords(plan),
    levelWords(plan),
    `${repeats > 1 ? `${repeats} × ` : ''}${durationText(durationMs)} each`,
    `about ${durationText(totalMs)}, after the ingest`,
  ]
}

function clientWords({ client, clients }: VectorPlan): string {
  return clients > 1 ? `${client} client, ${clients} processes` : `${client} client`
}

function datasetWords(dataset: VectorPlan['dataset']): string {
  const { vectors, dim } = dataset
  const name =
    dataset.kind === 'file' ? dataset.path.slice(dataset.path.lastIndexOf('/') + 1) : dataset.kind
  const size = [vectors && formatCount(vectors), dim].filter(Boolean).join(' × ')
  return [name, size].filter(Boolean).join(' ')
}

/** One request after the other is measured in any case. */
function levelWords({ concurrency, ratePerSecond }: VectorPlan): string {
  if (ratePerSecond !== null)
    return `one at a time, then ${formatNumber(ratePerSecond)} queries/s (Poisson)`
  const sorted = [...new Set(concurrency)].sort((a, b) => a - b)
  const list = sorted.join(', ')
  return sorted[0] === 1 ? `concurrency ${list}` : `one at a time, then concurrency ${list}`
}

function durationText(ms: number): string {
  return ms % 1000 === 0 ? formatSeconds(ms / 1000) : formatDuration(ms)
}
