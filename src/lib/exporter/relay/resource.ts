/**
 * Requests of OTLP are messages of protocol buffers: `resource_metrics` or `resource_spans` (field 1), each with a `resource` (field 1), with
 * `attributes` (field 1). All the rest is handed on byte by byte.
 * Source: opentelemetry-proto 1.x, collector/metrics/v1, collector/trace/v1 and resource/v1.
 */

/** A field with a length, number 1. */
const FIRST = (1 << 3) | 2

/**
 * Marks everything in a request.
 * @throws RangeError when it is no such message
 */
export function withAttributes(
  request: Buffer,
  attributes: Readonly<Record<string, string>>,
): Buffer {
  const more = Object.entries(attributes).map(([key, value]) =>
    field(FIRST, [stringField(1, key), field((2 << 3) | 2, [stringField(1, value)])]),
  )
  return mapFirst(request, (of) => {
    let hasResource = false
    const marked = mapFirst(of, (resource) => {
      // It is there once: the second would only be added to the first.
      if (hasResource) return resource
      hasResource = true
      return Buffer.concat([resource, ...more])
    })
    return hasResource ? marked : Buffer.concat([field(FIRST, more), of])
  })
}

/** The message with another content of each of its fields 1. */
function mapFirst(message: Buffer, map: (content: Buffer) => Buffer): Buffer {
  const parts: Buffer[] = []
  let at = 0
  while (at < message.length) {
    const start = at
    const tag = varint(message, at)
    const end = endOf(message, tag)
    at = end.at
    if (tag.value === FIRST) parts.push(field(FIRST, [map(message.subarray(end.content, at))]))
    else parts.push(message.subarray(start, at))
  }
  return Buffer.concat(parts)
}

interface Varint {
  value: number
  /** Of what follows. */
  at: number
}

/** Where a field ends, and where its content begins. */
function endOf(message: Buffer, { value, at }: Varint): { content: number; at: number } {
  const wire = value & 7
  if (wire === 0) return { content: at, at: varint(message, at).at }
  const length = wire === 2 ? varint(message, at) : { value: FIXED[wire], at }
  if (length.value === undefined) throw new RangeError(`a field of type ${wire}`)
  const end = length.at + length.value
  if (end > message.length) throw new RangeError('a field that goes on after the end')
  return { content: length.at, at: end }
}

/** Bytes of the types of one length. */
const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 }

function varint(message: Buffer, at: number): Varint {
  let value = 0
  for (let i = 0; i < 10; i++) {
    const byte = message[at + i]
    if (byte === undefined) break
    value += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return { value, at: at + i + 1 }
  }
  throw new RangeError('a number that does not end')
}

function field(tag: number, content: readonly Buffer[]): Buffer {
  const length = content.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([Buffer.from([tag]), toVarint(length), ...content])
}

function stringField(number: number, text: string): Buffer {
  return field((number << 3) | 2, [Buffer.from(text)])
}

function toVarint(value: number): Buffer {
  const bytes: number[] = []
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value & 0x7f) | 0x80)
  bytes.push(value)
  return Buffer.from(bytes)
}
