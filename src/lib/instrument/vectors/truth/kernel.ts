import { get, i32, loopWhile, moduleOf, set, v128, when, type Code } from './wasm.js'

/**
 * Scores eight queries against a block of vectors, four at a time, and keeps those groups of four of which any score is at least its
 * query's threshold. All arguments but `dim` are byte offsets into the memory; floats are 32 bits wide.
 *
 *   queries     component by component, eight queries beside each other
 *   vectors     groups of four: component by component, four vectors beside each other; up to `end`
 *   start       a float a vector, from which its sum starts
 *   dim         components, a multiple of {@link STEP}
 *   thresholds  eight floats
 *   out         records of {@link RECORD_BYTES}: the group's offset, then, from byte 16, its scores by vector, then by query
 *
 * Returns the end of what was written.
 */
export type Kernel = (
  ...parameters: [
    queries: number,
    vectors: number,
    end: number,
    start: number,
    dim: number,
    thresholds: number,
    out: number,
  ]
) => number

export const QUERIES = 8
export const GROUP = 4
/** Components a round of the inner loop. */
export const STEP = 4
const FLOAT = 4
const SCORES_AT = 16
export const RECORD_BYTES = SCORES_AT + QUERIES * GROUP * FLOAT
const PAGE_BYTES = 1 << 16

/** What is used of it: its types come with a browser's. */
declare const WebAssembly: {
  Memory: new (size: { initial: number }) => { buffer: ArrayBuffer }
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object
  Instance: new (module: object, imports: object) => { exports: Record<string, unknown> }
}

/** Memory with a kernel that works on it: WebAssembly's SIMD instructions, or the same in plain JavaScript where those are not to be had. */
export function kernelOn(
  bytes: number,
  wanted: 'fastest' | 'plain' = 'fastest',
): { memory: ArrayBuffer; scan: Kernel } {
  if (wanted === 'fastest')
    try {
      const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) })
      const compiled = new WebAssembly.Module(simdModule())
      const { scan } = new WebAssembly.Instance(compiled, { outside: { memory } }).exports
      return { memory: memory.buffer, scan: scan as Kernel }
    } catch {
      // No SIMD on this processor, or no room for the addresses that WebAssembly reserves (ulimit -v).
    }
  const memory = new ArrayBuffer(bytes)
  return { memory, scan: plainKernel(memory) }
}

/** Sums stay in registers: two of four queries each for each of the four vectors. */
function simdModule(): Uint8Array<ArrayBuffer> {
  const [queries, vectors, end, start, dim, thresholds, out] = [0, 1, 2, 3, 4, 5, 6]
  const [group, query, queryEnd] = [7, 8, 9]
  const [low, high, component, scaled] = [10, 11, 12, 13]
  const sums = Array.from({ length: GROUP }, (_, v) => [14 + 2 * v, 15 + 2 * v] as const)

  const move = (pointer: number, by: number): Code => [
    ...get(pointer),
    ...i32.constant(by),
    ...i32.add,
    ...set(pointer),
  ]
  const startSums = sums.flatMap(([a, b], v) => [
    ...[get(start), v128.loadSplat(v * FLOAT), set(a)],
    ...[get(a), set(b)],
  ])
  const addComponent = (d: number) => [
    ...[get(query), v128.load(d * QUERIES * FLOAT), set(low)],
    ...[get(query), v128.load(d * QUERIES * FLOAT + 16), set(high)],
    ...sums.flatMap(([a, b], v) => [
      ...[get(vectors), v128.loadSplat((d * GROUP + v) * FLOAT), set(component)],
      ...[get(low), get(component), v128.multiply, set(scaled)],
      ...[get(a), get(scaled), v128.add, set(a)],
      ...[get(high), get(component), v128.multiply, set(scaled)],
      ...[get(b), get(scaled), v128.add, set(b)],
    ]),
  ]
  const isHit = [
    ...sums.flatMap(([a, b], v) => [
      ...[get(a), get(low), v128.isGreaterOrEqual],
      ...[get(b), get(high), v128.isGreaterOrEqual, v128.or],
      ...(v > 0 ? [v128.or] : []),
    ]),
    v128.anyTrue,
  ]
  const keep = [
    ...[get(out), get(group), i32.store(0)],
    ...sums.flatMap(([a, b], v) => [
      ...[get(out), get(a), v128.store(SCORES_AT + v * 32)],
      ...[get(out), get(b), v128.store(SCORES_AT + v * 32 + 16)],
    ]),
    move(out, RECORD_BYTES),
  ]
  const scanGroup = [
    ...[get(vectors), set(group)],
    ...startSums,
    ...[get(queries), set(query)],
    loopWhile(
      [
        ...Array.from({ length: STEP }, (_, d) => addComponent(d)).flat(),
        move(vectors, STEP * GROUP * FLOAT),
        move(query, STEP * QUERIES * FLOAT),
      ],
      [get(query), get(queryEnd), i32.isLess],
    ),
    ...[get(thresholds), v128.load(0), set(low)],
    ...[get(thresholds), v128.load(16), set(high)],
    when(isHit, keep),
    move(start, GROUP * FLOAT),
  ]
  const bytesOfQueries = [get(dim), i32.constant(5), i32.shiftLeft]
  return moduleOf('scan', {
    ...{ parameters: 7, integers: 3, vectors: 12 },
    code: [
      ...[get(queries), ...bytesOfQueries, i32.add, set(queryEnd)],
      loopWhile(scanGroup, [get(vectors), get(end), i32.isLess]),
      get(out),
    ],
  })
}

/** Four queries with two vectors at a time: what is loaded is used more than once, and eight sums fit the registers. */
function plainKernel(memory: ArrayBuffer): Kernel {
  const floats = new Float32Array(memory)
  const words = new Int32Array(memory)
  return (queries, vectors, end, start, dim, thresholds, out) => {
    const [q, t] = [queries / FLOAT, thresholds / FLOAT]
    let [c, o] = [start / FLOAT, out / FLOAT]
    for (let v = vectors / FLOAT; v < end / FLOAT; v += dim * GROUP, c += GROUP) {
      const scores = o + SCORES_AT / FLOAT
      for (let pair = 0; pair < GROUP; pair += 2)
        for (let four = 0; four < QUERIES; four += 4)
          dotBlock(floats, q + four, v + pair, c + pair, dim, scores + pair * QUERIES + four)
      let isHit = false
      for (let i = 0; i < QUERIES * GROUP; i++)
        isHit ||= floats[scores + i] >= floats[t + (i % QUERIES)]
      if (!isHit) continue
      words[o] = v * FLOAT
      o += RECORD_BYTES / FLOAT
    }
    return o * FLOAT
  }
}

function dotBlock(
  floats: Float32Array,
  q: number,
  v: number,
  start: number,
  dim: number,
  out: number,
): void {
  const [first, second] = [floats[start], floats[start + 1]]
  let [s0, s1, s2, s3, t0, t1, t2, t3] = [
    ...[first, first, first, first],
    ...[second, second, second, second],
  ]
  for (let d = 0; d < dim; d++, q += QUERIES, v += GROUP) {
    const x0 = floats[q]
    const x1 = floats[q + 1]
    const x2 = floats[q + 2]
    const x3 = floats[q + 3]
    const y = floats[v]
    const z = floats[v + 1]
    s0 += x0 * y
    s1 += x1 * y
    s2 += x2 * y
    s3 += x3 * y
    t0 += x0 * z
    t1 += x1 * z
    t2 += x2 * z
    t3 += x3 * z
  }
  floats[out] = s0
  floats[out + 1] = s1
  floats[out + 2] = s2
  floats[out + 3] = s3
  floats[out + QUERIES] = t0
  floats[out + QUERIES + 1] = t1
  floats[out + QUERIES + 2] = t2
  floats[out + QUERIES + 3] = t3
}
