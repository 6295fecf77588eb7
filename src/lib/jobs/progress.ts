import type { Instance } from '../state/schema.js'
import type { BatchProgress, Services } from './contract.js'

/** How far a batch job is, or one that is not ready yet; undefined where that is not told. What is half written is not there yet. */
export async function readProgress(
  services: Services,
  { service, shape, phase, runDir, jobId }: Instance,
): Promise<BatchProgress | undefined> {
  const workload = services.serviceIfKnown(service)
  if (workload?.shape !== 'batch' || phase === 'ended' || jobId === null) return undefined
  if (shape === 'holding' && phase === 'ready') return undefined
  return workload.progress(runDir).catch(() => undefined)
}

/** `45 % · 2 of 12 phases`. */
export function progressText({ text, share }: BatchProgress): string {
  return share === null ? text : `${Math.round(share * 100)} % · ${text}`
}
