import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks'
import { commandOf, serverProcesses, type ProcessFigures } from './server-processes.js'

/** What the client and the server use while something is measured. */

const LOOP_RESOLUTION_MS = 1

export interface Usage {
  wallMs: number
  clientCores: number
  /** Of the server's processes; null when they can't be seen. */
  serverCores: number | null
  /** The same by what they do; null when they can't be seen. */
  serverRoles: readonly RoleUsage[] | null
}

/** What each process does, by its command line: the kind of server knows. */
export type RolesOf = (commands: readonly (readonly string[])[]) => readonly string[]

const ALL_ALIKE: RolesOf = (commands) => commands.map(() => 'other')

/** What the processes of one role have used. */
export interface RoleUsage {
  role: string
  count: number
  cpuSeconds: number
  /** Of the one that used most. */
  busiestCpuSeconds: number
}

/** CPU of this process and of the server's processes, over an interval. */
export class UsageMeter {
  readonly #serverPid: number | null
  readonly #rolesOf: RolesOf
  #startMs = 0
  #client = process.cpuUsage()
  #server: readonly ProcessFigures[] = []

  constructor(serverPid: number | null, rolesOf = ALL_ALIKE) {
    this.#serverPid = serverPid
    this.#rolesOf = rolesOf
    this.start()
  }

  start(): void {
    this.#startMs = performance.now()
    this.#client = process.cpuUsage()
    this.#server = this.#look()
  }

  read(): Usage {
    const wallMs = performance.now() - this.#startMs
    const { user, system } = process.cpuUsage(this.#client)
    const after = this.#look()
    const isSeen = this.#server.length > 0 && after.length > 0
    const roles = isSeen ? byRole(this.#server, after, this.#rolesOf) : null
    const cpuSeconds = roles?.reduce((sum, one) => sum + one.cpuSeconds, 0)
    return {
      wallMs,
      clientCores: (user + system) / 1000 / wallMs,
      serverCores: cpuSeconds === undefined ? null : cpuSeconds / (wallMs / 1000),
      serverRoles: roles,
    }
  }

  #look(): ProcessFigures[] {
    return this.#serverPid === null ? [] : serverProcesses(this.#serverPid)
  }
}

function byRole(
  before: readonly ProcessFigures[],
  after: readonly ProcessFigures[],
  rolesOf: RolesOf,
): RoleUsage[] {
  const known = new Map(before.map((one) => [`${one.pid} ${one.start}`, one.cpuSeconds]))
  const found = new Map<string, RoleUsage>()
  const roles = rolesOf(after.map(({ pid }) => commandOf(pid)))
  for (const [i, { pid, start, cpuSeconds }] of after.entries()) {
    const used = Math.max(0, cpuSeconds - (known.get(`${pid} ${start}`) ?? 0))
    const role = roles[i]
    const one = found.get(role) ?? { role, count: 0, cpuSeconds: 0, busiestCpuSeconds: 0 }
    found.set(role, {
      role,
      count: one.count + 1,
      cpuSeconds: one.cpuSeconds + used,
      busiestCpuSeconds: Math.max(one.busiestCpuSeconds, used),
    })
  }
  return [...found.values()]
}

/** Resident memory of this process and of the server, largest seen. */
export class MemoryMeter {
  peakClientBytes = 0
  peakServerBytes: number | null = null

  constructor(readonly serverPid: number | null) {}

  sample(): void {
    this.peakClientBytes = Math.max(this.peakClientBytes, process.memoryUsage.rss())
    if (this.serverPid === null) return
    const bytes = serverProcesses(this.serverPid).reduce((sum, { rssBytes }) => sum + rssBytes, 0)
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
