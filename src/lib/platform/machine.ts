import { cpus } from 'node:os'

/** `AMD EPYC 7763 64-Core Processor`, or null where the system does not say. */
export function cpuModel(): string | null {
  return cpus()[0]?.model.trim() || null
}
