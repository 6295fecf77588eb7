import { chunksOf } from './chunks.js'
import { datasetError } from './dataset-error.js'
import { linesOf } from './lines.js'
import { isObject } from './records.js'
import { whereJsonBreaks } from '../../../platform/json-trouble.js'

/** One request of a trace: when, how long, and what it shares with others. */
export interface TraceRow {
  /** From the earliest row. */
  atMs: number
  inputTokens: number
  outputTokens: number
  /** One for each block of the prompt; equal ids are equal blocks. Empty where the trace has none. */
  hashIds: readonly number[]
}

export type TraceFormat = 'mooncake' | 'azure'

type RowReader = (text: string) => TraceRow

/**
 * The first rows of a trace, in order of time. Mooncake's JSONL (`timestamp` in ms, `input_length`, `output_length`, `hash_ids`) or
 * Azure's CSV (`TIMESTAMP,ContextTokens,GeneratedTokens`), told apart by the first line.
 * @throws UsageError that names the line
 */
export async function readTrace(
  path: string,
  limit: number,
): Promise<{ format: TraceFormat; rows: TraceRow[] }> {
  const rows: TraceRow[] = []
  let read: RowReader | undefined
  let format: TraceFormat = 'mooncake'
  for await (const { number, text } of linesOf(chunksOf(path))) {
    try {
      if (read === undefined) {
        format = text.startsWith('{') ? 'mooncake' : 'azure'
        read = format === 'mooncake' ? mooncakeRow : azureReader(text)
        if (format === 'azure') continue
      }
      rows.push(read(text))
    } catch (error) {
      if (error instanceof SyntaxError) throw datasetError(path, error.message, { line: number })
      throw error
    }
    if (rows.length >= limit) break
  }
  if (rows.length === 0) throw datasetError(path, 'it has no request')
  rows.sort((a, b) => a.atMs - b.atMs)
  const startMs = rows[0].atMs
  return { format, rows: rows.map((row) => ({ ...row, atMs: row.atMs - startMs })) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new SyntaxError(`it is not JSON${whereJsonBreaks(error)}`)
  }
}

function mooncakeRow(text: string): TraceRow {
  const value = parsed(text)
  if (!isObject(value)) throw new SyntaxError('not a JSON object')
  const { timestamp, input_length, output_length, hash_ids = [] } = value
  if (typeof timestamp !== 'number') throw new SyntaxError('"timestamp" is not a number')
  if (!Array.isArray(hash_ids) || !hash_ids.every(Number.isInteger))
    throw new SyntaxError('"hash_ids" is not a list of whole numbers')
  return {
    atMs: timestamp,
    ...lengths(input_length, output_length, '"input_length" or "output_length"'),
    hashIds: hash_ids as number[],
  }
}

const AZURE_COLUMNS = ['timestamp', 'contexttokens', 'generatedtokens']

function azureReader(header: string): RowReader {
  const columns = header.split(',').map((column) => column.trim().toLowerCase())
  const [time, input, output] = AZURE_COLUMNS.map((column) => columns.indexOf(column))
  if (time === -1 || input === -1 || output === -1)
    throw new SyntaxError(
      'not a trace: expected JSON lines with "timestamp", or a CSV header TIMESTAMP,ContextTokens,GeneratedTokens',
    )
  return (text) => {
    const cells = text.split(',')
    return {
      atMs: millisecondsOf(cells[time] ?? ''),
      ...lengths(numberOf(cells[input]), numberOf(cells[output]), 'a count of tokens'),
      hashIds: [],
    }
  }
}

/** `2023-11-16 18:15:46.6805900`, UTC: more digits than Date reads, some with an offset behind. */
const TIME = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?$/

function millisecondsOf(cell: string): number {
  const found = TIME.exec(cell.trim())
  const seconds = found ? Date.parse(`${found[1]}T${found[2]}${found[4] ?? 'Z'}`) : NaN
  if (Number.isNaN(seconds)) throw new SyntaxError(`"${cell}" is not a time`)
  return seconds + Number(`0${found?.[3] ?? ''}`) * 1000
}

function numberOf(cell: string | undefined): number {
  return cell === undefined || cell.trim() === '' ? NaN : Number(cell)
}

/** Rows of nothing are in real traces; a server takes at least one token. */
function lengths(input: unknown, output: unknown, what: string) {
  for (const length of [input, output])
    if (!Number.isInteger(length) || (length as number) < 0)
      throw new SyntaxError(`${what} is not a whole number from 0 on`)
  return { inputTokens: Math.max(1, input as number), outputTokens: Math.max(1, output as number) }
}
