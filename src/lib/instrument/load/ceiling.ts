import type { Connections } from '../http/connection-pool.js'
import { startNullServer, type NullAnswer } from '../http/null-server.js'
import type { WireRequest, WireResponse } from '../http/protocol.js'
import { percentile } from '../measure/statistics.js'

const WARM_UP_MS = 300
const IN_FLIGHT = 32
/** So often, for its spread. */
const SLICES = 3
const SLICE_MS = 250

/** What one core of this client could do. */
export interface Ceiling {
  /** Median, smallest and largest of some measurements in a row. */
  requestsPerCpuSecond: number
  requestsSpread: { min: number; max: number }
  /** From a response's end to the next send, milliseconds. */
  turnaroundMs: { p50: number; p99: number; max: number }
}

export interface Calibration<Request extends WireRequest, Response extends WireResponse<Request>> {
  /** What the null server says to every request. */
  answer: NullAnswer
  /** Connections to that server, and a request for it. */
  connect(url: URL): Connections<Request, Response>
  request(url: URL): Request
  sliceMs?: number
}

/**
 * The same requests against a server that does nothing. By CPU time and not by the clock, since that server may well be the slower of the
 * two. @param program the worker's own
 */
export async function ceilingOf<
  Request extends WireRequest,
  Response extends WireResponse<Request>,
>(
  program: string,
  { answer, connect, request, sliceMs = SLICE_MS }: Calibration<Request, Response>,
): Promise<Ceiling> {
  using server = await startNullServer(program, answer)
  const url = new URL(server.url)
  const connections = connect(url)
  const one = request(url)
  await connections.warm(IN_FLIGHT)
  await rounds(connections, one, WARM_UP_MS)
  const perCpuSecond = new Float64Array(SLICES)
  const turnarounds: number[] = []
  for (let slice = 0; slice < SLICES; slice++) {
    const before = process.cpuUsage()
    const own = await rounds(connections, one, sliceMs)
    const { user, system } = process.cpuUsage(before)
    turnarounds.push(...own)
    perCpuSecond[slice] = own.length / ((user + system) / 1e6)
  }
  connections.close()
  const ascending = Float64Array.from(turnarounds).sort()
  perCpuSecond.sort()
  return {
    requestsPerCpuSecond: percentile(perCpuSecond, 0.5)!,
    requestsSpread: { min: perCpuSecond[0], max: perCpuSecond.at(-1)! },
    turnaroundMs: {
      p50: percentile(ascending, 0.5) ?? 0,
      p99: percentile(ascending, 0.99) ?? 0,
      max: ascending.at(-1) ?? 0,
    },
  }
}

/** @returns of each request, from the end of the one before in its slot to its send */
function rounds<Request extends WireRequest, Response extends WireResponse<Request>>(
  connections: Connections<Request, Response>,
  request: Request,
  durationMs: number,
): Promise<readonly number[]> {
  const endMs = performance.now() + durationMs
  const turnarounds: number[] = []
  let running = IN_FLIGHT
  return new Promise((resolve, reject) => {
    const slot = (readyMs: number) => {
      if (performance.now() >= endMs) {
        if (--running === 0) resolve(turnarounds)
        return
      }
      connections.send(request, (exchange) => {
        if (exchange.error) return reject(exchange.error)
        turnarounds.push(exchange.sentMs - readyMs)
        const endedMs = exchange.endMs
        setImmediate(() => slot(endedMs))
      })
    }
    for (let i = 0; i < IN_FLIGHT; i++) slot(performance.now())
  })
}
