import { join } from 'node:path'
import type { Context } from '../../jobs/contract.js'
import { authorizationOf } from '../../jobs/token-files.js'

import type { FigureStore } from '../../monitoring/store.js'
import { UsageError } from '../../platform/errors.js'
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
      push: archive === null ? { ...pushOf(version, url), authorization } : null,
    }
  } catch (error) {
    // Its secret goes with its job.
    if (error instanceof UsageError) return undefined
    throw error
  }
}

/** Then it takes no OTLP. One whose version nobody could tell is a new one. */
export function isOlderThan3(version: string | null): boolean {
  return version !== null && Number.parseInt(version, 10) < 3
}

function pushOf(version: string | null, url: string) {
  return isOlderThan3(version)
    ? ({ protocol: 'remote-write', url: `${url}/api/v1/write` } as const)
    : ({ protocol: 'otlp', url: `${url}/api/v1/otlp/v1/metrics` } as const)
}
