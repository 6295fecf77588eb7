import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2'
import { gunzipSync } from 'node:zlib'

export type Signal = 'metrics' | 'traces'

/** What a client of OTLP asks for, by gRPC. */
const METHODS: Readonly<Record<string, Signal>> = {
  '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export': 'metrics',
  '/opentelemetry.proto.collector.trace.v1.TraceService/Export': 'traces',
}
/** A flag, whether it is compressed, and the length. */
const FRAME_HEAD = 5
/** gRPC's own limit, where none is set, is 4 MiB. */
const LARGEST_REQUEST = 16 << 20
const OK = 0
const INVALID_ARGUMENT = 3
const RESOURCE_EXHAUSTED = 8
const UNIMPLEMENTED = 12

/**
 * Takes OTLP by gRPC and says at once that all is well: who tells figures has nothing to do with where they go, and would only fill its log.
 * @param take the request, unpacked; it must not throw
 */
export function grpcServer(take: (signal: Signal, request: Buffer) => void): Http2Server {
  const server = createServer()
  server.on('stream', (stream, headers) => {
    // Of a client that went away.
    stream.on('error', () => undefined)
    const signal = METHODS[headers[':path'] ?? '']
    if (signal === undefined) return answer(stream, UNIMPLEMENTED)
    const parts: Buffer[] = []
    let bytes = 0
    stream.on('data', (part: Buffer) => {
      bytes += part.length
      if (bytes <= LARGEST_REQUEST) parts.push(part)
    })
    stream.on('end', () => {
      if (bytes > LARGEST_REQUEST) return answer(stream, RESOURCE_EXHAUSTED)
      const request = unpack(Buffer.concat(parts), headers['grpc-encoding'])
      if (!request) return answer(stream, INVALID_ARGUMENT)
      take(signal, request)
      answer(stream, OK)
    })
  })
  server.on('sessionError', () => undefined)
  return server
}

/** The one message of a request; undefined when it is none. */
function unpack(body: Buffer, encoding: string | string[] | undefined): Buffer | undefined {
  if (body.length < FRAME_HEAD || body.readUInt32BE(1) !== body.length - FRAME_HEAD)
    return undefined
  const message = body.subarray(FRAME_HEAD)
  if (body[0] === 0) return message
  try {
    return encoding === 'gzip'
      ? gunzipSync(message, { maxOutputLength: LARGEST_REQUEST })
      : undefined
  } catch {
    return undefined
  }
}

function answer(stream: ServerHttp2Stream, status: number): void {
  if (stream.destroyed) return
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(status) }))
  // An answer without fields, or none.
  stream.end(status === OK ? Buffer.alloc(FRAME_HEAD) : undefined)
}
