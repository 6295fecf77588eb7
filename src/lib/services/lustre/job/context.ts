import { join } from 'node:path'
import type { Clock } from '../../../platform/clock.js'
import { shellLine } from '../../../platform/command-line.js'
import type { Environment } from '../../../platform/environment.js'
import { stepArgs } from '../../../scheduler/slurm/submission.js'

/** What a program that runs in the job may touch. */
export interface JobContext {
  clock: Clock
  environment: Environment
  /** Aborted when the job is told to end. */
  stop: AbortSignal
  /** A line of the job's log. */
  say(text: string): void
  /** A line on standard output: an answer to whoever started this program. */
  answer(value: object): void
}

/** Where the ranks of a run are. */
export interface Where {
  scheduler: 'slurm' | 'local'
  nodes: number
  /** More processes than there are cores. */
  overcommit?: boolean
}

/** This program again, with another verb. */
export function self(
  { environment }: Pick<JobContext, 'environment'>,
  ...args: string[]
): string[] {
  return [process.execPath, join(environment.installDir, 'dist', 'filesystem.js'), ...args]
}

/** The command line that runs another one on every node, once or so many times. */
export function onEveryNode(
  { scheduler, nodes, overcommit }: Where,
  argv: readonly string[],
  tasksPerNode = 1,
): readonly string[] {
  if (scheduler === 'local') return argv
  const tasks = nodes * tasksPerNode
  // A task that fails must not take the others with it: each answers for itself.
  const all = [...stepArgs({ nodes, tasks }), ...(overcommit ? ['--overcommit'] : [])]
  return ['srun', ...all, '--kill-on-bad-exit=0', ...argv]
}

export function nodeName({ environment: { variables, hostname } }: JobContext): string {
  return variables.SLURMD_NODENAME ?? hostname
}

export function sayCommand({ say }: Pick<JobContext, 'say'>, argv: readonly string[]): void {
  say(`+ ${shellLine(...argv)}`)
}
