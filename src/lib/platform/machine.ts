import { readFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'

/** `AMD EPYC 7763 64-Core Processor`, or null where the system does not say. */
export function cpuModel(): string | null {
  return cpus()[0]?.model.trim() || null
}

/** That we may use. */
export function coresHere(): number {
  return availableParallelism()
}

/**
 * A process that can be told from a later one with the same pid.
 * @returns `start` (clock ticks since boot, /proc/PID/stat field 22), null when there is no such process or only its zombie
 */
export function processIdentity(pid: number): { pid: number; start: string | null } {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in brackets may hold anything: fields are counted after the last bracket.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { pid, start: fields[0] === 'Z' ? null : fields[19] }
  } catch {
    return { pid, start: null }
  }
}

/** Tells one boot of the machine from the next; empty where the system does not say. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

/** Of the C library that Node runs on, as a number: 2.36; undefined on musl and elsewhere. */
export function glibcVersion(): number | undefined {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  return header.glibcVersionRuntime === undefined ? undefined : Number(header.glibcVersionRuntime)
}
