/** What the exporter beside a server and its readers agree on: files of the run directory. The program writes them, each node its own. */

/** `exporter.json`, written at submission: what the exporter of each node has to do. */
export interface ExporterPlan {
  /** On the address of the node, for monitors on another; on the loopback of a job that stays on this machine. */
  listen: 'node' | 'loopback'
  /** By the name of a member of the job: where it tells its figures. */
  members: Record<string, ExporterMember>
}

export interface ExporterMember {
  path: string
  /** What it asks for, in a file of the run directory; null when it asks for nothing. */
  secret: { kind: 'bearer' | 'basic'; file: string } | null
}

/** `exporter.NODE.json`: there as long as one listens. Asked with the bearer token in `exporter.token`. */
export interface ExporterRecord {
  node: string
  host: string
  port: number
  /** The members that are on this node and have said where they listen, each with the exporter's own path to its figures. */
  members: { name: string; path: string }[]
  /** Null where none were seen (yet). */
  gpus: { vendor: 'nvidia' | 'amd'; count: number; driver: string | null } | null
  /** ISO 8601, UTC. */
  at: string
}

/** A line of `gpu.NODE.ndjson`: all GPUs of the node at one moment, about once a second. */
export interface GpuLook {
  /** Milliseconds since 1970, by the clock of the node. */
  at: number
  gpus: GpuFigure[]
}

/** What the tool does not know is null. */
export interface GpuFigure {
  index: string
  uuid: string
  name: string
  /** Share of the last moments in which it computed anything at all, 0 to 1. */
  busyShare: number | null
  memoryUsedMiB: number | null
  memoryTotalMiB: number | null
  powerW: number | null
  smMHz: number | null
  memoryMHz: number | null
  temperatureC: number | null
  /** Why its clocks are lower than they could be: `sw_power_cap`, `hw_thermal_slowdown`. Idleness is none. */
  throttle: string[]
  /** Its own counter, where it has one; else null: see power. */
  energyJ: number | null
}

export const EXPORTER_TOKEN = 'exporter.token'
export const EXPORTER_PLAN = 'exporter.json'

export function exporterRecordOf(node: string): string {
  return `exporter.${node}.json`
}

export function gpuFileOf(node: string): string {
  return `gpu.${node}.ndjson`
}

/**
 * What a program of the job tells of itself, beside what the exporter of its node sees: a page of figures, written whole at each change, below
 * the folder that holds its progress. It bears no `node`, `name` or `service`: whoever asks adds them.
 */
export function furtherFiguresOf(node: string): string {
  return `figures.${node}.prom`
}

/** Of the run directory; empty when the job begins. */
export const PROGRESS_FOLDER = 'progress'
