/**
 * As much of WebAssembly's binary format as one function on 128-bit vectors needs.
 * Source: WebAssembly Core Specification 2.0, chapter 5 (binary format).
 */

/** Instructions, encoded. */
export type Code = readonly number[]

export const I32 = 0x7f
export const V128 = 0x7b
const [FUNCTION, NO_RESULT] = [0x60, 0x40]

/** LEB128. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
}

function signed(value: number): Code {
  const [low, rest] = [value & 0x7f, value >> 7]
  const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)
  return isLast ? [low] : [low | 0x80, ...signed(rest)]
}

const vector = (opcode: number) => [0xfd, ...unsigned(opcode)]
/** @param alignment log₂ of bytes */
const access = (opcode: Code, alignment: number) => (offset: number) => [
  ...opcode,
  alignment,
  ...unsigned(offset),
]

export const get = (local: number): Code => [0x20, ...unsigned(local)]
export const set = (local: number): Code => [0x21, ...unsigned(local)]
export const i32 = {
  constant: (value: number): Code => [0x41, ...signed(value)],
  add: [0x6a],
  shiftLeft: [0x74],
  isLess: [0x49],
  store: access([0x36], 2),
}
export const v128 = {
  load: access(vector(0), 4),
  loadSplat: access(vector(9), 2),
  store: access(vector(11), 4),
  or: vector(80),
  anyTrue: vector(83),
  isGreaterOrEqual: vector(70),
  add: vector(228),
  multiply: vector(230),
}

/** Runs `body` again as long as `condition` holds at its end. */
export const loopWhile = (body: readonly Code[], condition: readonly Code[]): Code => [
  ...[0x03, NO_RESULT],
  ...[...body, ...condition].flat(),
  ...[0x0d, 0x00, 0x0b],
]
export const when = (condition: readonly Code[], body: readonly Code[]): Code => [
  ...condition.flat(),
  ...[0x04, NO_RESULT],
  ...body.flat(),
  0x0b,
]

/** A module with one function of i32 parameters and an i32 result, on a memory that is handed in as `outside.memory`. */
export function moduleOf(
  name: string,
  { parameters, vectors, integers, code }: FunctionOf,
): Uint8Array<ArrayBuffer> {
  const text = (word: string) => counted([...Buffer.from(word)])
  const body = [
    ...[0x02, ...unsigned(integers), I32, ...unsigned(vectors), V128],
    ...code.flat(),
    0x0b,
  ]
  const types = [0x01, FUNCTION, ...counted(Array<number>(parameters).fill(I32)), 0x01, I32]
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, types),
    ...section(2, [0x01, ...text('outside'), ...text('memory'), 0x02, 0x00, 0x01]),
    ...section(3, [0x01, 0x00]),
    ...section(7, [0x01, ...text(name), 0x00, 0x00]),
    ...section(10, [0x01, ...counted(body)]),
  ])
}

interface FunctionOf {
  parameters: number
  /** Locals after the parameters: first the integers, then the vectors. */
  integers: number
  vectors: number
  /** Leaves the result on the stack. */
  code: readonly Code[]
}

const counted = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes]
const section = (id: number, bytes: Code): Code => [id, ...counted(bytes)]
