/** What every request to one path says, up to its length and its body. */
export interface RequestHead {
  method: string
  /** Of the server: paths are added to its own. */
  url: URL
  path: string
  accept: string
  /** Of the user's own: a token, a key, whatever the server asks for. */
  headers: Readonly<Record<string, string>>
}

/** As text without its end: lines of one request can follow. */
export function requestHead({ method, url, path, accept, headers }: RequestHead): string {
  return [
    `${method} ${url.pathname.replace(/\/$/, '')}${path} HTTP/1.1`,
    `host: ${url.host}`,
    `accept: ${accept}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n')
}

/** The whole request as it goes over the wire. @param body '' for none */
export function requestBytes(head: string, body: string | Buffer): Buffer {
  const payload = typeof body === 'string' ? Buffer.from(body) : body
  const type = payload.length > 0 ? '\r\ncontent-type: application/json' : ''
  const end = `${type}\r\ncontent-length: ${payload.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head + end), payload])
}
