import { join } from 'node:path'
import * as v from 'valibot'
import { isAlive, OWNER, readLife, WORKER } from '../instrument/process/life.js'
import { readRunReceipt } from '../instrument/process/run-receipt.js'
import { AibenchError } from '../platform/errors.js'
import { readJsonIfThere } from '../platform/files.js'
import type { Run, State } from '../state/schema.js'
import { asToday } from './plan-source.js'
import { recordRun } from './run-record.js'
import { verdictOf } from './verdict.js'
import type { Envelope } from '../instrument/measure/envelope.js'
import type { Context } from '../jobs/contract.js'
import { isMeasured, type Kinds, type ResultKind } from './kind.js'
import { endOf } from './run-benchmark.js'

/** Of a run whose worker never gave a sign: it may be about to begin, on a node that is slow to start a step. */
const BEGIN_MS = 60_000

/**
 * All runs. One that is on record as running but whose command is gone (killed, or its machine went down) gets its end: the result that
 * its worker still wrote, or the worker's own word, or `interrupted` when nothing of it is alive any more.
 */
export async function settleRuns(context: Context, kinds: Kinds): Promise<State['runs']> {
  const { runs, instances } = await context.state.read()
  const open = Object.values(runs).filter(isOpen)
  for (const run of open) {
    const instance = run.instance === null ? undefined : instances[run.instance]
    const settled = await settle(context, kinds, run, instance?.phase === 'ended')
    if (settled) runs[run.id] = settled
  }
  return runs
}

/** One that a batch job is ends with that job. */
function isOpen({ verdict, job }: Run): boolean {
  return verdict === 'running' && job === null
}

async function settle(
  context: Context,
  kinds: Kinds,
  run: Run,
  isServerGone: boolean,
): Promise<Run | undefined> {
  const nowMs = context.clock.now().getTime()
  const owner = await readLife(run.dir, OWNER)
  if (isAlive(owner, nowMs)) return undefined
  const end = (await measured(context, kinds, run)) ?? (await told(run))
  if (end) return record(context, { ...run, ...end })
  const worker = await readLife(run.dir, WORKER)
  const lastSignMs = owner?.signMs ?? Date.parse(run.startedAt)
  const mayBegin = !worker && nowMs - lastSignMs < BEGIN_MS
  if (!isServerGone && (isAlive(worker, nowMs) || mayBegin)) return undefined
  const endedAt = new Date(worker?.signMs ?? lastSignMs).toISOString()
  return record(context, { ...run, verdict: 'interrupted', endedAt })
}

type End = Pick<Run, 'verdict' | 'endedAt' | 'summary' | 'figures'>

/** By its result, as the command would have judged it. */
async function measured(context: Context, kinds: Kinds, run: Run): Promise<End | undefined> {
  const kind = await kindOf(context, kinds, run)
  if (!kind || !isMeasured(kind)) return undefined
  const result = await readResult(run, kind)
  if (!result) return undefined
  const plan = v.parse(LimitSchema, asToday(await readJsonIfThere(join(run.dir, 'plan.json'))))
  return endOf(kind, result, verdictOf(result, kind.judged(plan, result, '')))
}

/** By the service that was measured; undefined for one that this version does not know. */
export async function kindOf(
  context: Context,
  kinds: Kinds,
  { service }: Pick<Run, 'service'>,
): Promise<ResultKind | undefined> {
  const { bench } = context.serviceIfKnown(service) ?? {}
  return bench && kinds(bench.kind)
}

/** `result.json` of a run, as today's schema has it; null when there is none to be read. */
export async function readResult<Result extends Envelope>(
  { dir }: Pick<Run, 'dir'>,
  { anyResult }: Pick<ResultKind<Result>, 'anyResult'>,
): Promise<Result | null> {
  const parsed = v.safeParse(anyResult, await readJsonIfThere(join(dir, 'result.json')))
  return parsed.success ? parsed.output : null
}

const LimitSchema = v.fallback(v.object({ errorRateLimit: v.number() }), { errorRateLimit: 0.01 })

/** By its worker's receipt, when it measured nothing. */
async function told({ dir, summary }: Run): Promise<End | undefined> {
  const receipt = await readRunReceipt(dir)
  if (!receipt) return undefined
  const verdict = receipt.how === 'failed' ? 'failed' : 'interrupted'
  return { verdict, summary, endedAt: receipt.endedAt }
}

/** Where nothing can be written it is shown all the same, and recorded by another command. */
async function record(context: Context, run: Run): Promise<Run> {
  try {
    await recordRun(context, run)
  } catch (error) {
    if (!(error instanceof AibenchError)) throw error
  }
  return run
}
