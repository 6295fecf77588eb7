import type { Workload, Services } from '../jobs/contract.js'
import { NotFoundError } from '../platform/errors.js'

/** Every service there is: one line each. Loaded by commands that touch one. */
const SERVICES: Readonly<Record<string, () => Promise<Workload>>> = {
  chroma: async () => (await import('../services/chroma/service.js')).chroma,
  vllm: async () => (await import('../services/vllm/service.js')).vllm,
}

export const SERVICE_KINDS: readonly string[] = Object.keys(SERVICES)

/** @throws NotFoundError with the services that there are */
export async function loadService(kind: string): Promise<Workload> {
  if (Object.hasOwn(SERVICES, kind)) return SERVICES[kind]()
  throw unknown(kind)
}

export async function loadServices(): Promise<Services> {
  const services = new Map<string, Workload>()
  for (const kind of SERVICE_KINDS) services.set(kind, await loadService(kind))
  return {
    serviceIfKnown: (kind) => services.get(kind),
    service(kind) {
      const service = services.get(kind)
      if (service) return service
      throw unknown(kind)
    },
  }
}

function unknown(kind: string): NotFoundError {
  return new NotFoundError(`Unknown service "${kind}"`, {
    hints: [`services: ${SERVICE_KINDS.join(' ')}`],
  })
}
