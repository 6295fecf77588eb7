import { readRunReceipt } from '../instrument/process/run-receipt.js'
import { aibench } from '../platform/command-line.js'
import { NotFoundError } from '../platform/errors.js'
import { nearest } from '../platform/nearest.js'
import type { Run, State } from '../state/schema.js'
import { collectEnded } from '../jobs/collect.js'
import type { Envelope } from '../instrument/measure/envelope.js'
import type { Context, Services } from '../jobs/contract.js'
import type { Kinds } from './kind.js'
import { kindOf, readResult, settleRuns } from './settle-runs.js'

export interface RunReport extends Run {
  /** As today's schema has it; null when there is none to be read. */
  result: Envelope | null
  /** Why its measuring process ended early, in words; null when it did not, or could not tell. */
  why: string | null
}

/** Newest first; results are read only for {@link showRun}. */
export async function listRuns(context: Context, kinds: Kinds): Promise<Run[]> {
  const runs = await allRuns(context, kinds)
  return Object.values(runs).sort((a, b) => b.startedAt.localeCompare(a.startedAt))
}

/** The newest when none is named. @throws NotFoundError with the nearest id */
export async function showRun(context: Context, kinds: Kinds, named?: string): Promise<RunReport> {
  const runs = await allRuns(context, kinds)
  const id = named ?? newestOf(runs, benchCommands(context))
  const run = Object.hasOwn(runs, id) ? runs[id] : undefined
  if (!run) {
    const close = nearest(id, Object.keys(runs))
    throw new NotFoundError(`There is no run "${id}"${close ? `; did you mean "${close}"?` : ''}`, {
      code: 'AIB_RUN_UNKNOWN',
      hints: [aibench('runs', 'list')],
    })
  }
  const kind = await kindOf(context, kinds, run)
  const [result, receipt] = await Promise.all([
    kind ? readResult(run, kind) : null,
    readRunReceipt(run.dir),
  ])
  return { ...run, result, why: receipt?.why ?? null }
}

async function allRuns(context: Context, kinds: Kinds): Promise<State['runs']> {
  await collectEnded(context)
  return settleRuns(context, kinds)
}

/** For who has measured nothing yet: a command for each service that has a benchmark. */
export function benchCommands({ kinds, service }: Services): string[] {
  return kinds.filter((kind) => service(kind).bench).map((kind) => aibench(kind, 'bench'))
}

function newestOf(runs: Readonly<Record<string, Run>>, hints: readonly string[]): string {
  const [newest] = Object.values(runs).sort((a, b) => b.startedAt.localeCompare(a.startedAt))
  if (newest) return newest.id
  throw new NotFoundError('No benchmark has been run yet', {
    code: 'AIB_RUN_UNKNOWN',
    hints,
  })
}
