import { join } from 'node:path'
import * as v from 'valibot'
import { InferenceResultSchema } from '../bench/inference/result.js'
import { VectorResultSchema } from '../bench/vectors/result.js'
import { NotFoundError } from '../platform/errors.js'
import { readJsonIfThere } from '../platform/files.js'
import { OLD_VERDICTS } from '../platform/verdicts.js'
import { nearest } from '../platform/nearest.js'
import type { Run } from '../state/schema.js'
import type { Context } from './contract.js'
import type { RunReport } from './reports.js'

/** Newest first; results are read only for {@link showRun}. */
export async function listRuns(context: Context): Promise<Run[]> {
  const { runs } = await context.state.read()
  return Object.values(runs).sort((a, b) => b.startedAt.localeCompare(a.startedAt))
}

/** @throws NotFoundError with the nearest id */
export async function showRun(context: Context, id: string): Promise<RunReport> {
  const { runs } = await context.state.read()
  const run = runs[id]
  if (!run) {
    const close = nearest(id, Object.keys(runs))
    throw new NotFoundError(`There is no run "${id}"${close ? `; did you mean "${close}"?` : ''}`, {
      code: 'AIB_RUN_UNKNOWN',
      hints: ['aibench runs list'],
    })
  }
  return { ...run, result: await readResult(run.dir) }
}

const ResultSchema = v.variant('schema', [VectorResultSchema, InferenceResultSchema])

async function readResult(dir: string): Promise<RunReport['result']> {
  const parsed = v.safeParse(
    ResultSchema,
    withTodaysVerdict(await readJsonIfThere(join(dir, 'result.json'))),
  )
  return parsed.success ? parsed.output : null
}

/** A result of 0.1.0 has another word for its instrument's verdict. */
function withTodaysVerdict(json: unknown): unknown {
  const instrument = (json as { instrument?: { verdict?: unknown } } | undefined)?.instrument
  const word = instrument?.verdict
  if (typeof word === 'string' && Object.hasOwn(OLD_VERDICTS, word))
    return { ...(json as object), instrument: { ...instrument, verdict: oldVerdict(word) } }
  return json
}

function oldVerdict(word: string): string {
  return OLD_VERDICTS[word as keyof typeof OLD_VERDICTS]
}
