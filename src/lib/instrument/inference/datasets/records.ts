import { chunksOf } from './chunks.js'
import { datasetError } from './dataset-error.js'
import { JsonElementSplitter, type JsonElement } from './json-elements.js'
import { linesOf } from './lines.js'
import { whereJsonBreaks } from '../../../platform/json-trouble.js'

export interface FileRecord {
  line: number
  value: Record<string, unknown>
}

/**
 * The objects of a file, one by one in flat memory, whether they are the elements of one JSON array or a line each.
 * @throws UsageError that names the file and the line
 */
export async function* readRecords(path: string): AsyncGenerator<FileRecord> {
  const chunks = chunksOf(path)
  const first = await chunks.next()
  const whole = withFirst(first, chunks)
  const isArray = !first.done && first.value.toString('latin1', 0, 4096).trimStart().startsWith('[')
  try {
    for await (const { line, text } of isArray ? elementsOf(whole) : numberedLines(whole))
      yield { line, value: objectOf(text, path, line) }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError)
      throw datasetError(path, error.message)
    throw error
  }
}

async function* withFirst(
  first: IteratorResult<Buffer>,
  rest: AsyncGenerator<Buffer>,
): AsyncGenerator<Buffer> {
  try {
    if (!first.done) yield first.value
    yield* rest
  } finally {
    await rest.return(undefined)
  }
}

async function* elementsOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<JsonElement> {
  const splitter = new JsonElementSplitter()
  for await (const chunk of chunks) yield* splitter.push(chunk)
  splitter.end()
}

async function* numberedLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<JsonElement> {
  for await (const { number, text } of linesOf(chunks)) yield { line: number, text }
}

function objectOf(text: string, path: string, line: number): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw datasetError(path, `it is not JSON${whereJsonBreaks(error)}`, { line })
  }
  if (!isObject(value)) throw datasetError(path, 'not a JSON object', { line })
  return value
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
