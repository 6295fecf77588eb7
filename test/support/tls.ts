import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'

/** An authority of our own and what it signed, as files in PEM. */
export interface Authority extends Disposable {
  folder: string
  caFile: string
  /** A certificate for these names, such as `DNS:localhost,IP:127.0.0.1`. */
  sign(names: string): { key: Buffer; cert: Buffer }
}

export function makeAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'aibench-ca-'))
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const subject = (name: string) => ['-subj', `/CN=${name}`]
  openssl(
    'req',
    '-x509',
    ...key,
    '-days',
    '2',
    ...subject('a site'),
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  )
  let count = 0
  return {
    folder,
    caFile: join(folder, 'ca.pem'),
    sign(names) {
      const [request, name] = [`${++count}.csr`, `${count}`]
      writeFileSync(join(folder, `${name}.ext`), `subjectAltName=${names}\n`)
      openssl('req', ...key, ...subject('server'), '-keyout', `${name}.key`, '-out', request)
      openssl(
        ...['x509', '-req', '-in', request, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
        ...['-days', '2', '-extfile', `${name}.ext`, '-out', `${name}.pem`],
      )
      const read = (file: string) => readFileSync(join(folder, file))
      return { key: read(`${name}.key`), cert: read(`${name}.pem`) }
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export interface TlsFront extends AsyncDisposable {
  /** With `127.0.0.1`. */
  url: string
  connections: number
  resumed: number
}

/** TLS in front of a plain server, byte for byte, as a proxy of a site does it. */
export async function tlsFront(
  target: string,
  certificate: { key: Buffer; cert: Buffer },
): Promise<TlsFront> {
  const { hostname, port } = new URL(target)
  const server = createServer({ ...certificate, ALPNProtocols: ['http/1.1'] }, (socket) => {
    front.connections++
    if (socket.isSessionReused()) front.resumed++
    const inner = connect({ host: hostname, port: Number(port), noDelay: true })
    socket.pipe(inner).pipe(socket)
    for (const [one, other] of [
      [socket, inner],
      [inner, socket],
    ])
      one.on('error', () => other.destroy())
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('tlsClientError', () => undefined)
  const sockets = new Set<{ destroy(): void }>()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const front = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ connections: 0, resumed: 0 },
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
  return front
}
