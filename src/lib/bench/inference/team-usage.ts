/** What all workers used over some passes, at most. */
export interface TeamUsage {
  /** Of the busiest worker. */
  clientCores: number
  loopDelayP99Ms: number | null
  peakRssBytes: number
  serverCores: number | null
  serverApiCores: number | null
  serverEngineCores: number | null
  peakServerBytes: number | null
  workers: number
  clockOffsetMs: number | null
}

const FIGURES = [
  'clientCores',
  'loopDelayP99Ms',
  'peakRssBytes',
  'serverCores',
  'serverApiCores',
  'serverEngineCores',
  'peakServerBytes',
] as const

/** The largest of each figure; what nobody knows stays unknown. */
export function largestUsage(
  usages: readonly Partial<TeamUsage>[],
  team: Pick<TeamUsage, 'workers' | 'clockOffsetMs'>,
): TeamUsage {
  const largest: TeamUsage = {
    ...{ clientCores: 0, loopDelayP99Ms: null, peakRssBytes: 0 },
    ...{ serverCores: null, serverApiCores: null, serverEngineCores: null },
    ...{ peakServerBytes: null, ...team },
  }
  for (const usage of usages)
    for (const name of FIGURES) {
      const value = usage[name] ?? null
      if (value !== null) largest[name] = Math.max(largest[name] ?? value, value)
    }
  return largest
}
