import type { Context } from '../../jobs/contract.js'
import { spanOf } from '../../monitoring/archive/open.js'
import type { PrometheusApi } from '../../monitoring/prometheus/client.js'
import { aibench } from '../../platform/command-line.js'
import { NotFoundError, UsageError } from '../../platform/errors.js'
import { nearest } from '../../platform/nearest.js'
import type { Instance, Run, State } from '../../state/schema.js'

/** What figures are asked for: milliseconds since 1970, and the run where it is one's. */
export interface AskedTime {
  from: number
  to: number
  run: AskedRun | undefined
}

export interface AskedRun {
  id: string
  /** Of the instance that it measured, or that it is; undefined of a server that is nobody's. */
  name: string | undefined
  /** Undefined of a job that is a run and goes on, and of one that was saved elsewhere. */
  record: Run | undefined
}

/** Before and after a run: servers are at rest, and what came last is scraped. */
const MARGIN_MS = 15_000
/** So far back is looked for a run that is in no record here. */
const LONGEST_MS = 7 * 86_400_000
/** A page of less would show nothing. */
const SHORTEST_MS = 30_000
const LOOK_STEP_S = 5

/**
 * The time of a run, also of one that goes on; the last `rangeMs`; or, of saved figures that are open, all of them. What is saved ends
 * when it was saved, and not now.
 * @param of its `begin`: nothing is there from before; 0 where that is not known
 * @param usualMs the last minutes, where nothing was asked; of saved ones all
 */
export async function askedTime(
  context: Context,
  of: { api: Pick<PrometheusApi, 'query'>; archive: string | null; begin: number },
  { run: id, rangeMs }: { run: string | null; rangeMs: number | null },
  usualMs: number,
): Promise<AskedTime> {
  if (id !== null && rangeMs !== null)
    throw new UsageError('A time range is that of a run or a --range, not both')
  const now = context.clock.now().getTime()
  const kept = of.archive === null ? undefined : await spanOf(of.archive)
  const to = kept?.to ?? now
  if (id === null) {
    if (kept) return { from: rangeMs === null ? kept.from : to - rangeMs, to, run: undefined }
    const begin = Math.min(of.begin, to - SHORTEST_MS)
    return { from: Math.max(to - (rangeMs ?? usualMs), begin), to, run: undefined }
  }
  const state = await context.state.read()
  const known = runHere(context, state, id)
  if (known) return { ...known, to: Math.min(known.to, now) }
  const lookedMs = to - (kept?.from ?? to - LONGEST_MS)
  return (await runInFigures(of.api, id, to, lookedMs)) ?? fail(unknown(state, id))
}

function runHere(
  { serviceIfKnown, clock }: Context,
  state: State,
  id: string,
): AskedTime | undefined {
  const record = Object.hasOwn(state.runs, id) ? state.runs[id] : undefined
  const instance = state.instances[record?.instance ?? id] as Instance | undefined
  // A batch job is a run under its own id; the record of it is made when it has ended.
  const isRun = instance !== undefined && isRunItself(serviceIfKnown(instance.service))
  if (!record && !isRun) return undefined
  const startedAt = record?.startedAt ?? instance!.startedAt
  if (startedAt === null)
    throw new UsageError(`Run ${id} has not begun`, { hints: [aibench('status')] })
  const endedAt = record ? record.endedAt : instance!.endedAt
  return {
    from: Date.parse(startedAt) - MARGIN_MS,
    to: endedAt === null ? clock.now().getTime() : Date.parse(endedAt) + MARGIN_MS,
    run: { id, name: instance?.name, record },
  }
}

function isRunItself(workload: ReturnType<Context['serviceIfKnown']>): boolean {
  return workload?.shape === 'batch' && workload.bench !== undefined
}

/** Saved elsewhere, it is known by what was told of it: its phases, or requests of its clients. */
async function runInFigures(
  api: Pick<PrometheusApi, 'query'>,
  id: string,
  at: number,
  rangeMs: number,
): Promise<AskedTime | undefined> {
  const moments = `timestamp(aibench_run_info{run=${JSON.stringify(id)}})[${Math.ceil(rangeMs / 1000)}s:${LOOK_STEP_S}s]`
  const ask = async (what: 'min' | 'max') =>
    (await api.query(`${what} by (name) (${what}_over_time(${moments}))`, at))[0]
  const [first, last] = await Promise.all([ask('min'), ask('max')])
  if (!first || !last) return undefined
  const momentOf = ({ samples }: typeof first) => samples[0].value * 1000
  return {
    from: momentOf(first) - MARGIN_MS,
    to: Math.min(at, momentOf(last) + MARGIN_MS),
    run: { id, name: first.labels.name, record: undefined },
  }
}

function unknown({ runs, instances }: State, id: string): NotFoundError {
  const ofInstance = Object.values(runs)
    .filter(({ instance }) => instance !== null && instances[instance]?.name === id)
    .at(-1)
  const close = ofInstance?.id ?? nearest(id, Object.keys(runs))
  const meant = ofInstance ? ` (its last run is "${close}")` : `; did you mean "${close}"?`
  const text = ofInstance ? `"${id}" is an instance, not a run` : `There is no run "${id}"`
  return new NotFoundError(close ? text + meant : text, {
    code: 'AIB_RUN_UNKNOWN',
    hints: [aibench('runs', 'list')],
  })
}

function fail(error: Error): never {
  throw error
}
