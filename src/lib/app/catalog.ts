import { NotFoundError } from '../platform/errors.js'
import { chroma } from '../services/chroma/service.js'
import type { Service } from '../jobs/contract.js'
import { vllm } from '../services/vllm/service.js'

/** Every service there is: one line each. */
const SERVICES = [chroma, vllm] as readonly unknown[] as readonly Service[]

export const SERVICE_KINDS: readonly string[] = SERVICES.map(({ kind }) => kind)

export function serviceIfKnown(kind: string): Service | undefined {
  return SERVICES.find((candidate) => candidate.kind === kind)
}

export function serviceOf(kind: string): Service {
  const service = serviceIfKnown(kind)
  if (service) return service
  throw new NotFoundError(`Unknown service "${kind}"`, {
    hints: [`services: ${SERVICE_KINDS.join(' ')}`],
  })
}
