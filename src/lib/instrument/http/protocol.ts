import type { RequestError } from './request-error.js'

/** A request as it goes over the wire, made before its time. A protocol adds what its response has to know of it. */
export interface WireRequest {
  readonly bytes: Buffer
}

/** One response as it comes. A connection has one of them, and uses it again and again. */
export interface WireResponse<Request extends WireRequest> {
  /** Another response begins: to this request. */
  begin(request: Request): void
  /** Takes a piece of the body that was read at `nowMs` of `performance.now()`; the bytes may be gone after the call. */
  feed(bytes: Buffer, from: number, to: number, nowMs: number): void
  /** Something of what was asked for has come: from now on the limit between two reads counts, not that of the first. */
  readonly hasBegun: boolean
  /** The failure is such that the rest need not be read. */
  readonly isHopeless: boolean
  readonly failure: RequestError | null
  /** The body is complete, as HTTP says: is the response whole? @returns why not, or null */
  verdict(): RequestError | null
  /** Called once at the end, whatever came of it: figures are read after this. */
  settle(): void
}

/** What is spoken over the connections: bytes out, bytes in. The pool and the load layer know no more of a kind of benchmark. */
export interface Protocol<Request extends WireRequest, Response extends WireResponse<Request>> {
  newResponse(): Response
  /** The class of a response of which nothing came in time. */
  readonly firstTimeoutClass: string
}
