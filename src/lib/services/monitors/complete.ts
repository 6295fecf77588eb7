import { resolve } from 'node:path'
import type { Context } from '../../jobs/contract.js'
import { PARTS, SERVERS, type MonitorsOptions, type Part } from './options.js'
import { locate } from './programs.js'

/** What was left open is decided: the parts that are there, and where the figures go. */
export async function completeMonitors(
  context: Pick<Context, 'environment'>,
  options: MonitorsOptions,
): Promise<MonitorsOptions> {
  const { cwd } = context.environment
  const parts = new Set<Part>(options.with ?? (await found(context, options)))
  parts.add('prometheus')
  return {
    ...options,
    with: PARTS.filter((part) => parts.has(part)),
    tsdbDir: options.tsdbDir === null ? null : resolve(cwd, options.tsdbDir),
  }
}

async function found(
  context: Pick<Context, 'environment'>,
  options: MonitorsOptions,
): Promise<Part[]> {
  // Saved figures are shown; nothing is to come to them.
  if (options.archive) return (await locate(context, 'grafana', options)) ? ['grafana'] : []
  const there: Part[] = ['gpu']
  for (const server of SERVERS) if (await locate(context, server, options)) there.push(server)
  return there
}
