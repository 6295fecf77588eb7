import { cpus, hostname } from 'node:os'

/** Where a worker ran: goes into the result's provenance. */
export function machineRecord(): Record<string, unknown> {
  const processors = cpus()
  return {
    host: hostname(),
    cpu: processors[0]?.model.trim() ?? null,
    cores: processors.length,
    nodeVersion: process.version,
  }
}
