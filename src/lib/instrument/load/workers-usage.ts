import type { GateUse } from '../../platform/gate-use.js'
import type { GpuSample } from '../measure/gpu-watch.js'
import type { RoleUsage } from '../measure/meters.js'

/** What the server, its GPUs and the gate before it used in a repeat. */
export interface ServerUsage {
  wallMs: number
  roles: readonly RoleUsage[] | null
  gpus: readonly GpuSample[]
  /** Of a span a little longer than the repeat. */
  gate: GateUse | null
}

/** Of one worker in one repeat; what the server used only the leader knows. */
export type RepeatUsage = Partial<Omit<WorkersUsage, 'server'>> & { server?: ServerUsage }

/** What all workers used over some repeats, at most. */
export interface WorkersUsage {
  /** Of the busiest worker. */
  clientCores: number
  loopDelayP99Ms: number | null
  peakRssBytes: number
  serverCores: number | null
  peakServerBytes: number | null
  /** Of each repeat. */
  server: readonly ServerUsage[]
  workers: number
  clockOffsetMs: number | null
}

const FIGURES = [
  'clientCores',
  'loopDelayP99Ms',
  'peakRssBytes',
  'serverCores',
  'peakServerBytes',
] as const

/** The largest of each figure; what nobody knows stays unknown. */
export function largestUsage(
  usages: readonly RepeatUsage[],
  { workers, clockOffsetMs }: Pick<WorkersUsage, 'workers' | 'clockOffsetMs'>,
): WorkersUsage {
  const largest: WorkersUsage = {
    clientCores: 0,
    loopDelayP99Ms: null,
    peakRssBytes: 0,
    serverCores: null,
    peakServerBytes: null,
    workers,
    clockOffsetMs,
    server: usages.flatMap(({ server }) => server ?? []),
  }
  for (const usage of usages)
    for (const name of FIGURES) {
      const value = usage[name] ?? null
      if (value !== null) largest[name] = Math.max(largest[name] ?? value, value)
    }
  return largest
}
