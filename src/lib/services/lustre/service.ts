import type { Batch } from '../../jobs/contract.js'
import { aibench } from '../../platform/command-line.js'
import { collectLustre } from './collect.js'
import { completeLustre } from './complete.js'
import { explainLustre } from './explain.js'
import { lustreOptions, lustreSettings, type LustreOptions } from './options.js'
import { prepareLustre } from './prepare.js'
import { progressOf } from './progress.js'
import { LUSTRE } from './words.js'

const TWO_HOURS_MS = 7_200_000

/** A benchmark of the file system that a directory is on: the file system exists before the job and after it. */
export const lustre: Batch<LustreOptions> = {
  shape: 'batch',
  ...LUSTRE,
  script: 'lustre.sh',
  options: lustreOptions,
  settings: lustreSettings,
  firstStart: [aibench('lustre', 'io500', '--io500', 'BINARY', '--dir', 'DIR', '--wait')],
  startVerb: ({ task }) => (task === 'hold' ? 'start' : task),
  complete: completeLustre,
  // Others' work on its nodes would be in the figures, and whole nodes are billed nearly everywhere.
  resources: () => ({ nodes: 1, timeLimitMs: TWO_HOURS_MS, exclusive: true }),
  prepare: prepareLustre,
  explain: explainLustre,
  progress: progressOf,
  collect: collectLustre,
}
