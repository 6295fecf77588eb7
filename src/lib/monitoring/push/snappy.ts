/** Longest literal of which the length takes two bytes. */
const CHUNK = 65_536

/**
 * Snappy's block format without any compression: the length, then literals. Whoever reads Snappy reads it; the other end is on the same
 * network, and compressing would cost more than it spares. Source: google/snappy, format_description.txt.
 */
export function snappyBlock(bytes: Uint8Array): Buffer {
  const parts: Uint8Array[] = [varint(bytes.length)]
  for (let from = 0; from < bytes.length; from += CHUNK) {
    const literal = bytes.subarray(from, from + CHUNK)
    parts.push(
      Buffer.from([61 << 2, (literal.length - 1) & 0xff, (literal.length - 1) >> 8]),
      literal,
    )
  }
  return Buffer.concat(parts)
}

/** As protocol buffers and Snappy write a number that is not negative. */
export function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  bytes.push(rest)
  return Buffer.from(bytes)
}
