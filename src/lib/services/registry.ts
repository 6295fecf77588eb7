import { NotFoundError } from '../platform/errors.js'
import { chroma } from './chroma/service.js'
import type { Service } from './contract.js'
import { vllm } from './vllm/service.js'

/** Every service there is: one line each. */
const SERVICES = [chroma, vllm] as readonly unknown[] as readonly Service[]

export const SERVICE_KINDS: readonly string[] = SERVICES.map(({ kind }) => kind)

export function serviceOf(kind: string): Service {
  const service = SERVICES.find((candidate) => candidate.kind === kind)
  if (service) return service
  throw new NotFoundError(`This aibench knows no service "${kind}"`, {
    hints: [`services: ${SERVICE_KINDS.join(' ')}`],
  })
}
