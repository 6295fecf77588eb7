import { join } from 'node:path'
import type { Context } from '../../jobs/contract.js'
import { authorizationOf } from '../../jobs/token-files.js'
import { capabilitiesOf } from '../../monitoring/prometheus/versions.js'
import type { FigureStore, PushAddress, StoreAddress } from '../../monitoring/store.js'
import { TARGETS_FILE, type TargetsFile } from '../../monitoring/targets.js'
import { UsageError } from '../../platform/errors.js'
import { readTrustedJson } from '../../platform/ownership.js'
import type { Instance } from '../../state/schema.js'
import { readPlan } from './plan.js'

/** Where the figures of clients and services are kept by monitors that run. Undefined when they are just ending, or can't be reached from here. */
export async function figuresOf(
  { environment }: Pick<Context, 'environment'>,
  instance: Instance,
): Promise<FigureStore | undefined> {
  const { runDir, id, name, members, scheduler } = instance
  const endpoint = members.prometheus?.endpoint
  if (!endpoint) return undefined
  const isLoopback = endpoint.host.startsWith('127.')
  if (isLoopback && scheduler !== 'local' && endpoint.node !== environment.hostname)
    return undefined
  try {
    const { programs, archive } = await readPlan(runDir)
    const authorization = await authorizationOf(join(runDir, 'prometheus.token'), 'basic')
    const url = `${endpoint.scheme}://${endpoint.host}:${endpoint.port}`
    const { version } = programs.prometheus
    return {
      ...{ instance: id, name, version: version ?? 'unknown', api: { url, authorization } },
      push: archive === null ? await pushOf(instance, { version, url, authorization }) : null,
      trouble: () => troubleIn(runDir),
    }
  } catch (error) {
    // Its secret goes with its job.
    if (error instanceof UsageError) return undefined
    throw error
  }
}

/** As the agent of its job last wrote it. */
async function troubleIn(runDir: string): Promise<readonly string[]> {
  const file = (await readTrustedJson(join(runDir, TARGETS_FILE))) as Partial<TargetsFile> | null
  return file?.trouble ?? []
}

/** Through the Collector where there is one; it stands where Prometheus does. An old Prometheus takes its own protocol at first hand. */
async function pushOf(
  { runDir, members }: Instance,
  { version, url, authorization }: StoreAddress & { version: string | null },
): Promise<PushAddress> {
  if (!capabilitiesOf(version).otlp)
    return { protocol: 'remote-write', url: `${url}/api/v1/write`, authorization }
  const collector = members.collector?.endpoint
  if (!collector) return { protocol: 'otlp', url: `${url}/api/v1/otlp/v1/metrics`, authorization }
  return {
    protocol: 'otlp',
    url: `${collector.scheme}://${collector.host}:${collector.port}/v1/metrics`,
    authorization: await authorizationOf(join(runDir, 'collector.token'), 'bearer'),
  }
}
