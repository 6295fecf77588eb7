import { join } from 'node:path'
import type { InstanceReport } from '../../jobs/reports.js'
import { exists } from '../../platform/files.js'

/** In the run directory, 0600: the address that opens Grafana logged-in. Its name makes it a secret of the job, gone when that ends. */
export const GRAFANA_LINK = 'grafana-link.token'

/** Null while there is no Grafana to be opened. */
export async function grafanaLinkOf({ members, runDir }: InstanceReport): Promise<string | null> {
  const file = join(runDir, GRAFANA_LINK)
  const isUp = members.some(({ name, state }) => name === 'grafana' && state === 'ready')
  return isUp && (await exists(file)) ? file : null
}
