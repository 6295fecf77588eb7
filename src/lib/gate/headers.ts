import type { IncomingHttpHeaders } from 'node:http'

/** Between two neighbours only (RFC 9110 §7.6.1). */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
]
/** They say where a message ends: without them its body would be read as the next request. Node frames it anew by the same words. */
const FRAMING = ['content-length', 'transfer-encoding']

/** What the target gets to see: the client's headers without the connection's, and with its own token in place of the client's. */
export function prepareRequest(headers: IncomingHttpHeaders, upstreamToken?: string): void {
  dropHopByHop(headers)
  // "100 Continue" was said already, by the gate.
  delete headers.expect
  delete headers.authorization
  if (upstreamToken !== undefined) headers.authorization = `Bearer ${upstreamToken}`
}

/** What the client gets to see. The connection to it is the gate's own, whatever becomes of the one to the target. */
export function prepareAnswer(headers: IncomingHttpHeaders, staysOpen: boolean): void {
  dropHopByHop(headers)
  headers.via = [headers.via, '1.1 aibench-gate'].filter(Boolean).join(', ')
  headers.connection = staysOpen ? 'keep-alive' : 'close'
}

function dropHopByHop(headers: IncomingHttpHeaders): void {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase())
  for (const name of [...HOP_BY_HOP, ...named])
    if (!FRAMING.includes(name) && name !== 'host') delete headers[name]
}
