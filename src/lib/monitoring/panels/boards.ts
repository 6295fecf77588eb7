import { chroma } from './boards/chroma.js'
import { filesystem } from './boards/filesystem.js'
import { nodes } from './boards/nodes.js'
import { overview } from './boards/overview.js'
import { run } from './boards/run.js'
import { vllm } from './boards/vllm.js'
import type { Board } from './panel.js'

/** The first is what Grafana opens on. */
export const boards: readonly Board[] = [overview, run, vllm, chroma, filesystem, nodes]

/** The file of a board's dashboard for Grafana, in `dashboards/` of the package: `overview.json`. */
export const dashboardFile = ({ uid }: Board): string => `${uid.replace(/^aibench-/, '')}.json`
