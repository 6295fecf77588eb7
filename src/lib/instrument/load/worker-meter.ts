import { LoopMeter, MemoryMeter, UsageMeter, type RolesOf, type Usage } from '../measure/meters.js'
import type { WorkerUsage } from './remote-protocol.js'

const SAMPLE_MS = 250

/** What this worker uses while it measures, and the server beside it. */
export class WorkerMeter {
  readonly #usage: UsageMeter
  readonly #loop = new LoopMeter()
  readonly #own = new MemoryMeter(null)
  readonly #server: MemoryMeter
  readonly #sampler: NodeJS.Timeout

  constructor(serverPid: number | null = null, rolesOf?: RolesOf) {
    this.#own.sample()
    this.#server = new MemoryMeter(serverPid)
    this.#sampler = setInterval(() => this.#own.sample(), SAMPLE_MS).unref()
    this.#usage = new UsageMeter(serverPid, rolesOf)
    this.#loop.start()
  }

  read(): WorkerUsage & Usage & { peakServerBytes: number | null } {
    clearInterval(this.#sampler)
    this.#own.sample()
    // All of /proc is read for it: not while something is timed.
    this.#server.sample()
    return {
      ...this.#usage.read(),
      loopDelayP99Ms: this.#loop.stop(),
      peakRssBytes: this.#own.peakClientBytes,
      peakServerBytes: this.#server.peakServerBytes,
    }
  }
}
