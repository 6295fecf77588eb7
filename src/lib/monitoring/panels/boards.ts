import { overview } from './boards/overview.js'
import type { Board } from './panel.js'

/** The first is what Grafana opens on. */
export const boards: readonly Board[] = [overview]
