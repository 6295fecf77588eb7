import { UsageError } from './errors.js'
import { readPrivateFile } from './private-file.js'

/** Between two neighbours only (RFC 9110, 7.6.1), or where a message ends. */
const OF_THE_CONNECTION = [
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'host',
]
/** Answers are read as they are asked for: another form would be measured as a failure. */
const OF_THE_BENCHMARK = [
  'accept',
  'accept-encoding',
  'content-type',
  'content-encoding',
  'x-request-id',
]

const NAME = /^[!#$%&'*+.^_`|~\w-]+$/
/** Printable ASCII: what every server and proxy passes on as it is. */
const VALUE = /^[\x20-\x7e\t]+$/
const MOST_BYTES = 64 * 1024

/**
 * Reads `Name: value` lines; empty lines and those that begin with `#` and a blank are passed over. Values are secrets: no message repeats
 * one, nor a line that may hold one.
 * @returns names in lower case
 * @throws UsageError `AIB_HEADER_FILE` for a file that others may read, and for each line that can't be sent
 */
export async function readHeaderFile(path: string): Promise<Record<string, string>> {
  const text = await readPrivateFile(path, {
    what: 'header file',
    code: 'AIB_HEADER_FILE',
    mostBytes: MOST_BYTES,
  })
  const headers = new Map<string, string>()
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('# ')) continue
    const where = `Line ${index + 1} of the header file ${path}`
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).toLowerCase()
    const value = line.slice(colon + 1).trim()
    if (!NAME.test(name)) throw refused(`${where} is not "Name: value"`)
    if (OF_THE_CONNECTION.includes(name))
      throw refused(`${where} sets ${name}: that is the connection’s own`)
    if (OF_THE_BENCHMARK.includes(name))
      throw refused(`${where} sets ${name}: the benchmark sets that itself`)
    if (headers.has(name)) throw refused(`${where} sets ${name} a second time`)
    if (value === '') throw refused(`${where} has no value for ${name}`)
    if (!VALUE.test(value)) throw refused(`${where} has a character outside ASCII in ${name}`)
    headers.set(name, value)
  }
  if (headers.size === 0) throw refused(`The header file ${path} holds no header`)
  return Object.fromEntries(headers)
}

function refused(message: string): UsageError {
  return new UsageError(message, {
    code: 'AIB_HEADER_FILE',
    hints: ['one header a line, such as   x-api-key: SECRET'],
  })
}
