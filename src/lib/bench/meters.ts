import { readdirSync, readFileSync } from 'node:fs'
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks'

/** What the client and the server use while something is measured. */

/** Linux's unit of CPU time in /proc; 100 on every system that Slurm runs on. */
const TICKS_PER_SECOND = 100
const LOOP_RESOLUTION_MS = 1

export interface Usage {
  wallMs: number
  clientCores: number
  /** Of the server's processes; null when they can't be seen. */
  serverCores: number | null
}

/** CPU of this process and of the server's process group, over an interval. */
export class UsageMeter {
  readonly #serverPid: number | null
  #startMs = 0
  #client = process.cpuUsage()
  #server: number | null = null

  constructor(serverPid: number | null) {
    this.#serverPid = serverPid
    this.start()
  }

  start(): void {
    this.#startMs = performance.now()
    this.#client = process.cpuUsage()
    this.#server = this.#serverPid === null ? null : cpuSeconds(this.#serverPid)
  }

  read(): Usage {
    const wallMs = performance.now() - this.#startMs
    const { user, system } = process.cpuUsage(this.#client)
    const server = this.#serverPid === null ? null : cpuSeconds(this.#serverPid)
    return {
      wallMs,
      clientCores: (user + system) / 1000 / wallMs,
      serverCores:
        server === null || this.#server === null
          ? null
          : Math.max(0, server - this.#server) / (wallMs / 1000),
    }
  }
}

interface ProcessFigures {
  group: number
  cpuSeconds: number
  rssBytes: number
}

/** The server's whole process group: in an image the server is a descendant of the process that was started. */
function groupFigures(pid: number): ProcessFigures[] {
  const leader = figuresOf(pid)
  if (!leader) return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => figuresOf(Number(name)))
    .filter((figures) => figures?.group === leader.group)
    .map((figures) => figures!)
}

function figuresOf(pid: number): ProcessFigures | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return {
      group: Number(fields[2]),
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      rssBytes: Number(fields[21]) * 4096,
    }
  } catch {
    return undefined
  }
}

function cpuSeconds(pid: number): number | null {
  const group = groupFigures(pid)
  return group.length === 0 ? null : group.reduce((sum, figures) => sum + figures.cpuSeconds, 0)
}

/** Resident memory of this process and of the server, largest seen. */
export class MemoryMeter {
  peakClientBytes = 0
  peakServerBytes: number | null = null

  constructor(readonly serverPid: number | null) {}

  sample(): void {
    this.peakClientBytes = Math.max(this.peakClientBytes, process.memoryUsage.rss())
    if (this.serverPid === null) return
    const bytes = groupFigures(this.serverPid).reduce((sum, { rssBytes }) => sum + rssBytes, 0)
    if (bytes > 0) this.peakServerBytes = Math.max(this.peakServerBytes ?? 0, bytes)
  }
}

/** How late the event loop comes round; the monitor's own resolution is taken off. */
export class LoopMeter {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS })

  start(): void {
    this.#histogram.reset()
    this.#histogram.enable()
  }

  /** @returns p99 in milliseconds, null when nothing was seen */
  stop(): number | null {
    this.#histogram.disable()
    const p99Ns = this.#histogram.percentile(99)
    return this.#histogram.count === 0 ? null : Math.max(0, p99Ns / 1e6 - LOOP_RESOLUTION_MS)
  }
}
