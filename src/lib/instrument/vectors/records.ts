import type { LevelRepeat } from './levels.js'
import type { QueryOutcome } from './tally.js'

/** One request, as it stands in requests.ndjson. Times are milliseconds from the start of the run, on the monotonic clock. */
export interface RequestRecord {
  phase: 'ingest' | 'query'
  /** Requests in flight; 1 in an open loop. */
  level: number
  /** Of an open loop. */
  ratePerSecond?: number
  repeat: number
  /** Which batch or which query vector. */
  item: number
  /** When it was due; as sentMs in a closed loop. */
  dueMs: number
  sentMs: number
  latencyMs: number
  /** Class of the failure; absent when it succeeded. */
  error?: string
  recall?: number
}

/** Of a level in one repeat. @param startMs when that began, from the start of the run */
export function* recordsOf(
  { table }: QueryOutcome,
  { level, repeat }: LevelRepeat,
  startMs: number,
): Generator<RequestRecord> {
  for (let row = 0; row < table.count; row++) {
    const [sentMs, dueMs] = [table.get(row, 'sentMs'), table.get(row, 'dueMs')]
    const [errorClass, recall] = [table.get(row, 'errorClass'), table.get(row, 'recall')]
    yield {
      phase: 'query',
      level: level.concurrency,
      ...(level.ratePerSecond === null ? {} : { ratePerSecond: level.ratePerSecond }),
      repeat,
      item: table.get(row, 'item'),
      dueMs: startMs + (Number.isNaN(dueMs) ? sentMs : dueMs),
      sentMs: startMs + sentMs,
      latencyMs: table.get(row, 'endMs') - sentMs,
      error: errorClass < 0 ? undefined : table.classes[errorClass],
      recall: Number.isNaN(recall) ? undefined : recall,
    }
  }
}
