import type { Batch } from '../../jobs/contract.js'
import { aibench } from '../../platform/command-line.js'
import { explainLustre } from './explain.js'
import { lustreOptions, lustreSettings, type LustreOptions } from './options.js'
import { LUSTRE } from './words.js'

/** Nine in ten public runs took less than 1 h 45 min. */
const HOUR_MS = 3_600_000

/**
 * A benchmark of the file system that a directory is on: the file system exists before the job and after it.
 * Every command knows every service: what only some of them need is loaded by them.
 */
export const lustre: Batch<LustreOptions> = {
  shape: 'batch',
  ...LUSTRE,
  script: 'lustre.sh',
  options: lustreOptions,
  settings: lustreSettings,
  firstStart: [aibench('lustre', 'io500', '--io500', 'BINARY', '--dir', 'DIR', '--wait')],
  startVerb: ({ task }) => (task === 'hold' ? 'start' : task === 'clean' ? null : task),
  startArgs: ({ args }) => args,
  complete: async (...asked) => (await import('./complete.js')).completeLustre(...asked),
  // Others' work on its nodes would be in the figures, and whole nodes are billed nearly everywhere.
  resources: ({ tasksPerNode, repeats, preset, task }) => ({
    nodes: 1,
    tasksPerNode: tasksPerNode ?? undefined,
    timeLimitMs: task === 'io500' && preset === 'debug' ? HOUR_MS / 2 : 2 * HOUR_MS * repeats,
    exclusive: task !== 'clean',
  }),
  bench: { kind: 'filesystem' },
  holds: ({ task }) => task === 'hold',
  whenReady: ['io500'],
  prepare: async (...asked) => (await import('./prepare.js')).prepareLustre(...asked),
  explain: explainLustre,
  whenEnded: ['explain'],
  progress: async (runDir) => (await import('./progress.js')).progressOf(runDir),
  collect: async (...ended) => (await import('./collect.js')).collectLustre(...ended),
}
