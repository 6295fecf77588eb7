import type { Exchange } from '../http/connection.js'
import type { Growing } from '../load/growth.js'
import type { Shard } from '../load/schedule.js'
import type { EndedRequest, Outcome, Tally } from '../load/workload.js'
import { LogHistogram, type SerializedHistogram } from '../measure/log-histogram.js'
import { addGaps } from './gaps.js'
import { LiveTokens } from './live-tokens.js'
import { joinedNotes, note, type Notes } from './notes.js'
import type { CompletionRequest } from './openai.js'
import { figures, fillRow, inferenceTable, VALIDITY } from './request-table.js'
import type { ResponseStream } from './response-stream.js'
import type { Repeat } from './schedule.js'
import { Scoring, type InvalidAnswer } from './structured/scoring.js'

export type InferenceOutcome = Outcome<InferenceTally>

type Ended = EndedRequest<CompletionRequest, ResponseStream>

/** Gaps of successful requests, per token and per event; of all, and of those in the steady window. */
const HISTOGRAMS = ['itl', 'chunkGap', 'steadyItl', 'steadyChunkGap'] as const
const MOST_EXAMPLES = 3

interface SerializedTally extends Record<(typeof HISTOGRAMS)[number], SerializedHistogram> {
  notes: Notes
  invalid: readonly InvalidAnswer[]
}

/** What is kept of the streams of one repeat. */
export class InferenceTally implements Tally<CompletionRequest, ResponseStream> {
  readonly table = inferenceTable()
  readonly live: LiveTokens
  readonly itl = new LogHistogram()
  readonly chunkGap = new LogHistogram()
  readonly steadyItl = new LogHistogram()
  readonly steadyChunkGap = new LogHistogram()
  readonly #scoring = new Scoring()
  readonly #context: { repeat: Repeat; shard: Shard; keep(record: object): void }
  notes: Notes = { withoutDone: 0, oddCount: 0, firstError: null }

  /** @param tokensEach output tokens of a request, as asked for */
  constructor(repeat: Repeat, shard: Shard, keep: (record: object) => void, tokensEach: number) {
    this.#context = { repeat, shard, keep }
    this.live = new LiveTokens(this.table, tokensEach)
  }

  /** Examples of answers that were not what they had to be. */
  get invalid(): readonly InvalidAnswer[] {
    return this.#scoring.invalid
  }

  ended({ row, request, exchange, startMs, isSteady }: Ended): void {
    const { error, response } = exchange
    fillRow(this.table, row, request, exchange, startMs)
    note(this.notes, exchange, this.table.get(row, 'endMs'))
    if (error === null) addGaps(response, this.itl, this.chunkGap)
    if (isSteady) addGaps(response, this.steadyItl, this.steadyChunkGap)
    this.#finishRow(row, request, exchange)
  }

  grow(row: number, growing: Growing): void {
    const { table } = this
    const { ttft, tpot } = figures(table)
    growing.time('ttft', ttft(row))
    if (!table.isOk(row)) return
    growing.time('tpot', tpot(row))
    growing.add('inputTokens', table.get(row, 'inputTokens'))
    growing.add('outputTokens', table.get(row, 'outputTokens'))
  }

  growAll(growing: Growing): void {
    growing.timesOf('chunkGap', this.chunkGap)
  }

  finish(signal: AbortSignal): Promise<void> {
    return this.#scoring.judgeAll(signal)
  }

  toJSON(): SerializedTally {
    const { notes, invalid } = this
    const histograms = Object.fromEntries(HISTOGRAMS.map((name) => [name, this[name].toJSON()]))
    return {
      ...(histograms as Record<(typeof HISTOGRAMS)[number], SerializedHistogram>),
      notes,
      invalid,
    }
  }

  merge(other: SerializedTally): void {
    for (const name of HISTOGRAMS) this[name].merge(LogHistogram.from(other[name]))
    this.notes = joinedNotes(this.notes, other.notes)
    const room = MOST_EXAMPLES - this.invalid.length
    this.#scoring.invalid.push(...other.invalid.slice(0, Math.max(0, room)))
  }

  /** What an answer says is looked at when nothing is being timed. */
  #finishRow(
    row: number,
    { constraint }: CompletionRequest,
    { response, error }: Exchange<ResponseStream>,
  ): void {
    const { finishReason } = response
    const record = () => this.#record(row, finishReason, error?.message ?? null)
    if (constraint === null || error !== null) return record()
    const index = this.table.get(row, 'index')
    this.#scoring.add({ constraint, text: response.text, finishReason, index }, (validity) => {
      this.table.set(row, 'validity', VALIDITY.indexOf(validity))
      record()
    })
  }

  /** As it stands in requests.ndjson: figures that it has not are left out. */
  #record(row: number, finish: string | null, message: string | null): void {
    const { table } = this
    const { repeat, shard, keep } = this.#context
    const get = (name: Parameters<typeof table.get>[1]) => orUndefined(table.get(row, name))
    const { ttft, ttfo, tpot, e2e } = figures(table)
    const errorClass = table.get(row, 'errorClass')
    const validity = VALIDITY[table.get(row, 'validity')]
    keep({
      repeat: repeat.repeat,
      variant: repeat.variant,
      ratePerSecond: repeat.ratePerSecond,
      worker: shard.index,
      index: get('index'),
      dueMs: get('dueMs'),
      sentMs: get('sentMs'),
      endMs: get('endMs'),
      ttftMs: orUndefined(ttft(row)),
      ttfoMs: orUndefined(ttfo(row)),
      tpotMs: orUndefined(tpot(row)),
      e2eMs: orUndefined(e2e(row)),
      inputTokens: get('inputTokens'),
      outputTokens: get('outputTokens'),
      events: get('events'),
      finish: finish ?? undefined,
      error: errorClass < 0 ? undefined : table.classes[errorClass],
      message: message ?? undefined,
      validity: validity === 'none' ? undefined : validity,
    })
  }
}

function orUndefined(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value
}
