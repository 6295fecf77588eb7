import { connect, isIP, type OnReadOpts, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Trust } from '../../platform/trust.js'

/** Where a URL points, and how to get there: over TCP, or TLS on top of it. Sessions of TLS are used again. */
export class Dialler {
  readonly #host: string
  readonly #port: number
  readonly #trust: Trust | null

  /** @param trust of an `https:` URL */
  constructor(url: URL, trust: Trust | null) {
    this.#host = url.hostname.replace(/^\[|\]$/g, '')
    this.#trust = url.protocol === 'https:' ? trust : null
    this.#port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  }

  /**
   * Begins a connection. `onOpen` is called when requests may go out: after the handshake, where there is one.
   * @param read reads into a buffer of the caller's; without it the socket has `data` events
   */
  open({
    onOpen,
    read,
    allowHalfOpen = false,
  }: {
    onOpen(): void
    read?: OnReadOpts
    allowHalfOpen?: boolean
  }): Socket {
    const [host, port] = [this.#host, this.#port]
    const options = {
      host,
      port,
      noDelay: true,
      allowHalfOpen,
      ...(read && { onread: read }),
    }
    const { sessions, ...trust } = this.#trust ?? {}
    if (!sessions) return connect(options).once('connect', onOpen)
    const socket = connectTls({
      ...options,
      ...trust,
      ...(isIP(host) ? {} : { servername: host }),
      ALPNProtocols: ['http/1.1'],
      session: sessions.get(`${host}:${port}`),
    })
    socket.on('session', (session) => void sessions.set(`${host}:${port}`, session))
    return socket.once('secureConnect', onOpen)
  }
}
