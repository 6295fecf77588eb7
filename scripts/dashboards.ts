// Writes dashboards/*.json, Grafana's dashboards, from the boards.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { boards, dashboardFile } from '../src/lib/monitoring/panels/boards.js'
import { dashboardOf } from './dashboard-of.js'

const folder = fileURLToPath(new URL('../dashboards/', import.meta.url))
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder)
for (const board of boards)
  writeFileSync(folder + dashboardFile(board), JSON.stringify(dashboardOf(board), null, 2) + '\n')
