import type { MeasuredService } from '../instrument/process/worker-config.js'
import type { Context, ServerBench, Serving } from '../jobs/contract.js'
import { UsageError } from '../platform/errors.js'

/** A service that can be measured, as its contract says. @throws UsageError for one that can not */
export function benchedService(context: Context, name: string): Serving & { bench: ServerBench } {
  const service = context.service(name)
  if (service.shape !== 'serving' || !service.bench)
    throw new UsageError(`There is no benchmark of ${service.title}`)
  return { ...service, bench: service.bench }
}

/** What the measuring process has to know of it. */
export function measuredService(context: Context, name: string): MeasuredService {
  const { kind, title, bench } = benchedService(context, name)
  const { protocol, tokenFlag, callPath } = bench
  return { kind, title, protocol, tokenFlag, callPath }
}
