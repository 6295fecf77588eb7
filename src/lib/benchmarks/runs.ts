import { readRunReceipt } from '../instrument/process/run-receipt.js'
import { aibench } from '../platform/command-line.js'
import { NotFoundError } from '../platform/errors.js'
import { nearest } from '../platform/nearest.js'
import type { Run, State } from '../state/schema.js'
import { collectEnded } from '../jobs/collect.js'
import type { Context } from '../jobs/contract.js'
import { readResult, type RunResult } from './run-result.js'
import { settleRuns } from './settle-runs.js'

export interface RunReport extends Run {
  result: RunResult | null
  /** Why its measuring process ended early, in words; null when it did not, or could not tell. */
  why: string | null
}

/** Newest first; results are read only for {@link showRun}. */
export async function listRuns(context: Context): Promise<Run[]> {
  const runs = await allRuns(context)
  return Object.values(runs).sort((a, b) => b.startedAt.localeCompare(a.startedAt))
}

/** The newest when none is named. @throws NotFoundError with the nearest id */
export async function showRun(context: Context, named?: string): Promise<RunReport> {
  const runs = await allRuns(context)
  const id = named ?? newestOf(runs)
  const run = Object.hasOwn(runs, id) ? runs[id] : undefined
  if (!run) {
    const close = nearest(id, Object.keys(runs))
    throw new NotFoundError(`There is no run "${id}"${close ? `; did you mean "${close}"?` : ''}`, {
      code: 'AIB_RUN_UNKNOWN',
      hints: [aibench('runs', 'list')],
    })
  }
  const [result, receipt] = await Promise.all([readResult(run.dir), readRunReceipt(run.dir)])
  return { ...run, result, why: receipt?.why ?? null }
}

async function allRuns(context: Context): Promise<State['runs']> {
  await collectEnded(context)
  return settleRuns(context)
}

function newestOf(runs: Readonly<Record<string, Run>>): string {
  const [newest] = Object.values(runs).sort((a, b) => b.startedAt.localeCompare(a.startedAt))
  if (newest) return newest.id
  throw new NotFoundError('No benchmark has been run yet', {
    code: 'AIB_RUN_UNKNOWN',
    hints: [aibench('vllm', 'bench'), aibench('chroma', 'bench')],
  })
}
