import type { JobEnd } from '../../instrument/filesystem/judge/contract.js'
import type { Receipt } from '../../scheduler/receipt.js'
import type { Instance } from '../../state/schema.js'
import { formatDuration } from '../../platform/units.js'

/** How the job ended, where it did not come to its own end: what a run that is cut off died of. */
export function readJobEnd(
  { outcome, timeLimitMs, nodeList }: Pick<Instance, 'outcome' | 'timeLimitMs' | 'nodeList'>,
  receipt: Receipt | undefined,
): JobEnd | undefined {
  if (receipt?.cause === 'completed') return undefined
  const limit = `The time limit of ${formatDuration(timeLimitMs)} was reached.`
  if (receipt?.cause === 'time-limit' || outcome?.kind === 'timeout')
    return { cause: 'time-limit', text: limit }
  if (outcome?.kind === 'node-failed')
    return { cause: 'node', text: `A node of the job was lost (${nodeList.join(' ')}).` }
  if (outcome?.kind === 'out-of-memory')
    return { cause: 'memory', text: 'The job ran out of memory.' }
  if (receipt?.cause === 'stopped' || outcome?.kind === 'cancelled')
    return { cause: 'cancelled', text: 'It was stopped before its end.' }
  if (outcome?.kind === 'preempted')
    return { cause: 'cancelled', text: 'The scheduler gave its nodes to another job.' }
  return { cause: 'failed', text: outcome ? `It failed: ${outcome.summary}.` : 'It failed.' }
}
