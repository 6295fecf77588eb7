import { release, machine, version } from 'node:os'
import type { FigurePage } from '../../platform/figure-page.js'
import { tellDisks, tellInfiniband, tellNetworks } from './devices.js'
import { tellProcessor } from './processor.js'

/** Where Linux tells about itself; others in tests. */
export interface Roots {
  proc: string
  sys: string
}

export const ROOTS: Roots = { proc: '/proc', sys: '/sys' }

/** What the node does, as node_exporter names it, so that dashboards serve both. */
export function tellNode(page: FigurePage, node: string, { proc, sys }: Roots): void {
  page.gauge('node_uname_info', 'The name of the node and its kernel.', [
    [
      {
        sysname: 'Linux',
        release: release(),
        version: version(),
        machine: machine(),
        nodename: node,
      },
      1,
    ],
  ])
  tellProcessor(page, proc)
  tellNetworks(page, proc)
  tellInfiniband(page, sys)
  tellDisks(page, proc)
}
