import type { Exchange } from '../http/connection.js'
import { RequestTable, type CommonColumn } from '../load/request-table.js'
import type { CompletionRequest } from './openai.js'
import type { ResponseStream } from './response-stream.js'

/** Whether an answer had the form it had to have; `unjudged`: that took too long, or there were too many. */
export const VALIDITY = ['none', 'valid', 'invalid', 'truncated', 'unjudged'] as const
export type ValidityName = (typeof VALIDITY)[number]

/**
 * Of inference alone. First text in any channel, first of the answer, first token and last token are milliseconds from the start of the
 * repeat, NaN when they did not come; `tokensAtFirst` came with the first event. `isEstimated`: 0 when the tokens are the server's count, 1
 * when they are only events. `isCutShort`: the server ended it before the tokens that were asked for. `isFirstUse`: of its constraint.
 * `validity`: index into {@link VALIDITY}.
 */
const COLUMNS = [
  'firstMs',
  'answerMs',
  'firstTokenMs',
  'lastMs',
  'inputTokens',
  'outputTokens',
  'tokensAtFirst',
  'events',
  'isEstimated',
  'isCutShort',
  'isFirstUse',
  'validity',
] as const
type InferenceColumn = (typeof COLUMNS)[number]
export type InferenceTable = RequestTable<InferenceColumn>
export type RequestRow = Record<InferenceColumn | CommonColumn, number>

export function inferenceTable(capacity?: number): InferenceTable {
  return new RequestTable(COLUMNS, capacity)
}

/** Fills in what an exchange says. */
export function fillRow(
  table: InferenceTable,
  row: number,
  { inputTokens, maxTokens, isFirstUse }: CompletionRequest,
  { response }: Exchange<ResponseStream>,
  startMs: number,
): void {
  const isCounted = response.completionTokens >= 0
  const outputTokens = isCounted ? response.completionTokens : response.events
  const isCutShort = isCounted && response.finishReason === 'length' && outputTokens < maxTokens
  table.set(row, 'firstMs', response.firstMs - startMs)
  table.set(row, 'answerMs', response.firstAnswerMs - startMs)
  table.set(row, 'firstTokenMs', response.firstTokenMs - startMs)
  table.set(row, 'lastMs', response.lastMs - startMs)
  const { promptTokens } = response
  table.set(row, 'inputTokens', promptTokens >= 0 ? promptTokens : (inputTokens ?? NaN))
  table.set(row, 'outputTokens', outputTokens)
  table.set(row, 'tokensAtFirst', response.hasContinuousUsage ? response.tokensAtFirst : 1)
  table.set(row, 'events', response.events)
  table.set(row, 'isEstimated', Number(!isCounted))
  table.set(row, 'isCutShort', Number(isCutShort))
  table.set(row, 'isFirstUse', Number(isFirstUse))
  table.set(row, 'validity', 0)
}

/** Figures of a row, in milliseconds; NaN where it has none. */
export const figures = (table: InferenceTable) => {
  const get = (row: number, name: InferenceColumn | CommonColumn) => table.get(row, name)
  return {
    ttft: (row: number) => get(row, 'firstMs') - get(row, 'sentMs'),
    ttfo: (row: number) => get(row, 'answerMs') - get(row, 'sentMs'),
    e2e: (row: number) => get(row, 'lastMs') - get(row, 'sentMs'),
    ttftFromSchedule: (row: number) => get(row, 'firstMs') - get(row, 'dueMs'),
    e2eFromSchedule: (row: number) => get(row, 'lastMs') - get(row, 'dueMs'),
    /** Of the tokens behind the first event: with one token in it, (last − first) ÷ (n − 1). */
    tpot: (row: number) => {
      const later = get(row, 'outputTokens') - get(row, 'tokensAtFirst')
      return later > 0 ? (get(row, 'lastMs') - get(row, 'firstTokenMs')) / later : NaN
    },
  }
}
