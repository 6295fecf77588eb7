import { poissonArrivals } from '../load/arrivals.js'
import { closedLoop, openLoop, type LoadOptions, type Sent } from '../load/load.js'
import { LoopMeter, UsageMeter } from '../measure/meters.js'
import type { RequestRecord } from '../measure/recorder.js'
import type { Dataset } from './dataset.js'
import { type PreparedQuery, type VectorEngine } from './engine.js'
import { classOf } from '../http/request-error.js'
import type { LevelPlan, Measurement } from './levels.js'
import { LiveSample } from './live-sample.js'
import type { RecallJudge } from './recall.js'
import type { RunOptions } from './run.js'

/** Bodies are made before any clock starts. */
export function prepareQueries(
  engine: VectorEngine,
  { queries, queryCount, dim }: Dataset,
  k: number,
): PreparedQuery[] {
  return Array.from({ length: queryCount }, (_, q) =>
    engine.prepareQuery(queries.subarray(q * dim, (q + 1) * dim), k),
  )
}

/** One level, once. */
export async function measureLevel(
  { order, emit, signal }: RunOptions,
  { level, index, repeat }: { level: LevelPlan; index: number; repeat: number },
  queries: readonly PreparedQuery[],
  judge: RecallJudge,
): Promise<Measurement> {
  const { plan, serverPid } = order
  const [usage, loop] = [new UsageMeter(serverPid), new LoopMeter()]
  const live = new LiveSample({ level, index, repeat, plan, emit })
  const options: LoadOptions = {
    send: (item, finish) => sendQuery(queries[item], item, finish, judge),
    items: queries.length,
    durationMs: plan.durationMs,
    signal,
    onEnd: (sent) => live.add(sent),
  }
  const name = level.mode === 'open' ? `${level.ratePerSecond}/s` : `c=${level.concurrency}`
  emit({ type: 'phase', phase: 'level', text: `${name}, repeat ${repeat + 1} of ${plan.repeats}` })
  loop.start()
  const load =
    level.ratePerSecond === null
      ? await closedLoop(level.concurrency, options)
      : await openLoop(
          poissonArrivals(level.ratePerSecond, plan.durationMs, plan.seed, `${repeat}`),
          OPEN_LOOP_CAP,
          options,
        )
  const measurement = { load, usage: usage.read(), loopDelayP99Ms: loop.stop() }
  emit({
    type: 'phase-done',
    phase: 'level',
    text: `${name}, repeat ${repeat + 1} of ${plan.repeats} · ${live.summary()}`,
    ms: load.wallMs,
  })
  return measurement
}

/** More than this in flight means that the server has long stopped keeping up. */
const OPEN_LOOP_CAP = 1_024

async function sendQuery(
  query: PreparedQuery,
  item: number,
  finish: () => void,
  judge: RecallJudge,
) {
  try {
    const answer = await query.send()
    finish()
    return { recall: judge.recall(item, answer.ids()) }
  } catch (error) {
    return { error: classOf(error) }
  }
}

export function* recordsOf(
  sent: readonly Sent[],
  level: LevelPlan,
  repeat: number,
  originMs: number,
): Generator<RequestRecord> {
  for (const { item, dueMs, sentMs, endMs, error, recall } of sent)
    yield {
      phase: 'query',
      level: level.concurrency,
      ...(level.ratePerSecond === null ? {} : { ratePerSecond: level.ratePerSecond }),
      repeat,
      item,
      dueMs: dueMs - originMs,
      sentMs: sentMs - originMs,
      latencyMs: endMs - sentMs,
      error,
      recall,
    }
}
