import { GateMeter, gateUse } from '../measure/gate-meter.js'
import { GpuRecords } from '../measure/gpu-records.js'
import { GpuWatch } from '../measure/gpu-watch.js'
import type { Http } from '../../platform/http.js'
import type { RolesOf } from '../measure/meters.js'
import { environmentOf } from '../measure/server-processes.js'
import type { MeasuringPath } from '../http/access.js'
import type { RepeatUsage } from './workers-usage.js'
import { WorkerMeter } from './worker-meter.js'

/** Where the server is, as seen from the leader's node. */
export interface ServerPlace {
  url: string
  path: MeasuringPath | null
  /** Process of the server on this node; null when it can't be known. */
  serverPid: number | null
  /** Of an instance of ours: where the exporters beside it keep figures. */
  instanceDir?: string
  /** Of the GPUs that the server may use; null when they are not known. */
  gpuIds?: readonly string[] | null
}

/** Looks, for the leader, at what is used beside it and on the way to the server, while repeats are measured. */
export class BesideServer {
  readonly #place: ServerPlace
  readonly #gate: GateMeter | null
  readonly #rolesOf: RolesOf | undefined
  #gpus: GpuWatch | GpuRecords | null = null

  /** @param rolesOf tells the server's processes apart */
  constructor(place: ServerPlace, http: Http, rolesOf?: RolesOf) {
    this.#place = place
    this.#rolesOf = rolesOf
    this.#gate = place.path === 'gate' ? new GateMeter(http, place.url) : null
  }

  /** Before the first repeat: a tool of our own that looks at GPUs takes a second or two to begin. */
  async open(): Promise<void> {
    const { serverPid, gpuIds, instanceDir } = this.#place
    if (gpuIds?.length === 0) return
    const wanted = gpuIds ?? (serverPid === null ? null : visibleTo(serverPid))
    if (instanceDir) this.#gpus = (await GpuRecords.open(instanceDir, wanted)) ?? null
    if (serverPid !== null) this.#gpus ??= new GpuWatch(wanted)
  }

  /** @returns what ends the span and says what was used in it */
  async begin(): Promise<() => Promise<RepeatUsage>> {
    const before = (await this.#gate?.look()) ?? null
    await this.#gpus?.take()
    const meter = new WorkerMeter(this.#place.serverPid, this.#rolesOf)
    return async () => {
      const { serverRoles, wallMs, ...usage } = meter.read()
      const gpus = (await this.#gpus?.take()) ?? []
      const gate = gateUse(before, (await this.#gate?.look()) ?? null)
      return { ...usage, server: { wallMs, roles: serverRoles, gpus, gate } }
    }
  }

  close(): void {
    if (this.#gpus instanceof GpuWatch) this.#gpus.close()
  }
}

/** The GPUs that a server may use, as its environment names them; null: all. */
function visibleTo(serverPid: number): string[] | null {
  const visible = environmentOf(serverPid).CUDA_VISIBLE_DEVICES
  return visible === undefined ? null : visible.split(',').map((word) => word.trim())
}
