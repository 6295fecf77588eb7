import { join } from 'node:path'
import * as v from 'valibot'
import { capabilitiesOf } from '../../../monitoring/prometheus/versions.js'
import { exists, removeTree, writeJson } from '../../../platform/files.js'
import { distrustOf, readTrustedJson } from '../../../platform/ownership.js'
import { RELAY_INLET, RELAY_OUTLET, type RelayOutlet } from '../../../platform/relay-files.js'
import { readTokenFile } from '../../../platform/token-file.js'
import type { Instance } from '../../../state/schema.js'
import type { MonitorsPlan } from '../plan.js'
import { loginOf, type Ports } from './configuring.js'

const InletSchema = v.object({ node: v.string() })

/**
 * Tells every service that speaks OTLP where its figures go: to the Collector, to Prometheus itself where there is none, or nowhere. The
 * services' own exporters read it; what they were told before is taken back when the monitors end.
 */
export class Outlets {
  /** By the run directory of the service: what was written there. */
  readonly #written = new Map<string, string>()

  constructor(
    private readonly runDir: string,
    private readonly plan: MonitorsPlan,
    private readonly ports: Ports,
  ) {}

  /** @param instances those that are to be watched */
  async sync(instances: readonly Instance[]): Promise<void> {
    const store = await this.#store()
    const wanted = new Set<string>()
    for (const instance of instances) {
      const { runDir } = instance
      if (!store || !(await exists(join(runDir, RELAY_INLET))) || (await distrustOf(runDir)))
        continue
      const inlet = v.safeParse(InletSchema, await readTrustedJson(join(runDir, RELAY_INLET)))
      if (!inlet.success) continue
      wanted.add(runDir)
      const outlet: RelayOutlet = {
        ...store,
        attributes: attributesOf(instance, inlet.output.node),
      }
      const text = JSON.stringify(outlet)
      if (this.#written.get(runDir) === text) continue
      await writeJson(join(runDir, RELAY_OUTLET), outlet)
      this.#written.set(runDir, text)
    }
    for (const runDir of this.#written.keys()) if (!wanted.has(runDir)) await this.#takeBack(runDir)
  }

  async close(): Promise<void> {
    for (const runDir of [...this.#written.keys()]) await this.#takeBack(runDir)
  }

  async #takeBack(runDir: string): Promise<void> {
    await removeTree(join(runDir, RELAY_OUTLET))
    this.#written.delete(runDir)
  }

  async #store(): Promise<Omit<RelayOutlet, 'attributes'> | null> {
    const { host, collector, prometheus } = this.ports
    const { programs } = this.plan
    // It is gone from here when it has ended for good.
    if (programs.collector && (await exists(join(this.runDir, 'endpoint.collector.json')))) {
      const url = `http://${host}:${collector}`
      const token = await readTokenFile(join(this.runDir, 'collector.token'))
      const authorization = `Bearer ${token}`
      return { metrics: `${url}/v1/metrics`, traces: `${url}/v1/traces`, authorization }
    }
    if (!capabilitiesOf(programs.prometheus.version).otlp) return null
    const { user, password } = await loginOf(this.runDir, 'prometheus')
    return {
      metrics: `http://${host}:${prometheus}/api/v1/otlp/v1/metrics`,
      traces: null,
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
    }
  }
}

/** They become labels of every series, as those of what is scraped. */
function attributesOf({ service, name, jobId }: Instance, node: string): Record<string, string> {
  return { service, name, node, ...(jobId === null ? {} : { 'slurm.job.id': jobId }) }
}
