import { join } from 'node:path'
import { makePrivateDir } from '../../../platform/files.js'
import { readPlan } from '../plan.js'
import { configureCollector } from './collector.js'
import { readPorts } from './configuring.js'
import { scratchOf, type JobContext } from './context.js'
import { configureGrafana } from './grafana.js'
import { configureNode, configurePrometheus } from './prometheus.js'

/**
 * Writes the configuration of every server, and the command of each, a word a line, as NAME.command; NAME.image holds the image that
 * it runs in. On the node's own disk: Prometheus reads its passwords at every request.
 */
export async function configure(context: JobContext, runDir: string): Promise<number> {
  const etc = join(scratchOf(context), 'etc')
  await makePrivateDir(etc)
  const configuring = {
    ...{ context, runDir, etc },
    plan: await readPlan(runDir),
    ports: await readPorts(runDir),
  }
  await configurePrometheus(configuring)
  if (configuring.plan.programs.node) await configureNode(configuring)
  if (configuring.plan.programs.collector) await configureCollector(configuring)
  if (configuring.plan.programs.grafana) await configureGrafana(configuring)
  return 0
}
