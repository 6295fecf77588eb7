import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that does nothing, in a process of its own: what the client reaches against it is the client's ceiling. */

const ANSWER = Buffer.from(
  JSON.stringify({
    ids: [Array.from({ length: 10 }, (_, i) => String(i))],
    distances: [Array.from({ length: 10 }, (_, i) => i / 100)],
    embeddings: null,
    documents: null,
    uris: null,
    metadatas: null,
    include: ['distances'],
  }),
)

/** Runs in the child: answers every request alike, tells its port to the parent, ends with it. */
export function serveNothing(): void {
  const server = createServer((incoming, outgoing) => {
    incoming.resume()
    incoming.on('end', () =>
      outgoing
        .writeHead(200, { 'content-type': 'application/json', 'content-length': ANSWER.length })
        .end(ANSWER),
    )
  })
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
  process.on('disconnect', () => process.exit(0))
}

/** @param program this module's own worker entry, which calls {@link serveNothing} when told `--null-server` */
export async function startNullServer(
  program: string,
): Promise<{ url: string; [Symbol.dispose](): void }> {
  const child = fork(program, ['--null-server'], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  const [port] = (await once(child, 'message')) as [number]
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.dispose]: () => child.kill('SIGKILL'),
  }
}
