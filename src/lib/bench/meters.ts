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
  /** Of the busiest process that speaks HTTP, and of the busiest of its engine: of a server with engines in processes of their own. */
  serverApiCores: number | null
  serverEngineCores: number | null
}

/** How vLLM names the processes of its engine. Source: vllm/v1/engine/core.py, set_process_title, 0.10 to 0.32. */
const ENGINE = /^VLLM::(Engine|Worker|DP)/

/** CPU of this process and of the server's process group, over an interval. */
export class UsageMeter {
  readonly #serverPid: number | null
  #startMs = 0
  #client = process.cpuUsage()
  #server: ReadonlyMap<number, ProcessFigures> = new Map()

  constructor(serverPid: number | null) {
    this.#serverPid = serverPid
    this.start()
  }

  start(): void {
    this.#startMs = performance.now()
    this.#client = process.cpuUsage()
    this.#server = this.#figures()
  }

  read(): Usage {
    const wallMs = performance.now() - this.#startMs
    const { user, system } = process.cpuUsage(this.#client)
    const after = this.#figures()
    const cores = [...after].map(([pid, { name, cpuSeconds }]) => ({
      isEngine: ENGINE.test(name),
      cores: Math.max(0, cpuSeconds - (this.#server.get(pid)?.cpuSeconds ?? 0)) / (wallMs / 1000),
    }))
    const isSeen = this.#server.size > 0 && after.size > 0
    const hasEngine = isSeen && cores.some(({ isEngine }) => isEngine)
    const busiest = (isEngine: boolean) =>
      Math.max(...cores.filter((one) => one.isEngine === isEngine).map((one) => one.cores))
    return {
      wallMs,
      clientCores: (user + system) / 1000 / wallMs,
      serverCores: isSeen ? cores.reduce((sum, one) => sum + one.cores, 0) : null,
      serverApiCores: hasEngine ? Math.max(0, busiest(false)) : null,
      serverEngineCores: hasEngine ? busiest(true) : null,
    }
  }

  #figures(): ReadonlyMap<number, ProcessFigures> {
    const all = this.#serverPid === null ? [] : groupFigures(this.#serverPid)
    return new Map(all.map((figures) => [figures.pid, figures]))
  }
}

interface ProcessFigures {
  pid: number
  name: string
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
    const end = text.lastIndexOf(')')
    const fields = text.slice(end + 2).split(' ')
    return {
      pid,
      name: text.slice(text.indexOf('(') + 1, end),
      group: Number(fields[2]),
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      rssBytes: Number(fields[21]) * 4096,
    }
  } catch {
    return undefined
  }
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
