import type { GateUse } from '../../platform/gate-use.js'
import type { GpuLook } from '../measure/gpu-watch.js'
import type { RoleUsage } from '../measure/meters.js'

/** What the server, its GPUs and the gate before it used in a pass. */
export interface ServerUsage {
  wallMs: number
  roles: readonly RoleUsage[] | null
  gpus: readonly GpuLook[]
  /** Of a span a little longer than the pass. */
  gate: GateUse | null
}

/** Of one worker in one pass; what the server used only the lead knows. */
export type PassUsage = Partial<Omit<TeamUsage, 'server'>> & { server?: ServerUsage }

/** What all workers used over some passes, at most. */
export interface TeamUsage {
  /** Of the busiest worker. */
  clientCores: number
  loopDelayP99Ms: number | null
  peakRssBytes: number
  serverCores: number | null
  peakServerBytes: number | null
  /** Of each pass. */
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
  usages: readonly PassUsage[],
  team: Pick<TeamUsage, 'workers' | 'clockOffsetMs'>,
): TeamUsage {
  const largest: TeamUsage = {
    ...{ clientCores: 0, loopDelayP99Ms: null, peakRssBytes: 0 },
    ...{ serverCores: null, peakServerBytes: null, ...team },
    server: usages.flatMap(({ server }) => server ?? []),
  }
  for (const usage of usages)
    for (const name of FIGURES) {
      const value = usage[name] ?? null
      if (value !== null) largest[name] = Math.max(largest[name] ?? value, value)
    }
  return largest
}
