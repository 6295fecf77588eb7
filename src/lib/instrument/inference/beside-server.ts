import { GateMeter, gateUse } from '../measure/gate-meter.js'
import { GpuWatch } from '../measure/gpu-watch.js'
import type { Http } from '../../platform/http.js'
import { environmentOf } from '../measure/server-processes.js'
import type { InferenceConfig } from './plan.js'
import type { RepeatUsage } from './workers-usage.js'
import { WorkerMeter } from './worker-meter.js'

/** Looks, for the lead, at what is used beside it and on the way to the server, while passes are measured. */
export class BesideServer {
  readonly #order: InferenceConfig
  readonly #gate: GateMeter | null
  #gpus: GpuWatch | null = null

  constructor(order: InferenceConfig, http: Http) {
    this.#order = order
    this.#gate = order.path === 'gate' ? new GateMeter(http, order.url) : null
  }

  /** Before the first pass: the tool that looks at GPUs takes a second or two to begin. */
  open(): void {
    const { serverPid, gpuIds } = this.#order
    if (serverPid === null || gpuIds?.length === 0) return
    this.#gpus = new GpuWatch(gpuIds ?? visibleTo(serverPid))
  }

  /** @returns what ends the span and says what was used in it */
  async begin(): Promise<() => Promise<RepeatUsage>> {
    const before = (await this.#gate?.look()) ?? null
    this.#gpus?.take()
    const meter = new WorkerMeter(this.#order.serverPid)
    return async () => {
      const { serverRoles, wallMs, ...usage } = meter.read()
      const gpus = this.#gpus?.take() ?? []
      const gate = gateUse(before, (await this.#gate?.look()) ?? null)
      return { ...usage, server: { wallMs, roles: serverRoles, gpus, gate } }
    }
  }

  close(): void {
    this.#gpus?.close()
  }
}

/** The GPUs that a server may use, as its environment names them; null: all. */
function visibleTo(serverPid: number): string[] | null {
  const visible = environmentOf(serverPid).CUDA_VISIBLE_DEVICES
  return visible === undefined ? null : visible.split(',').map((word) => word.trim())
}
