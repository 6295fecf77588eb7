import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A vector database with an interface of its own: float32 in, a line for each neighbour out. Squared Euclidean distances alone. */
export interface ToyDatabase extends AsyncDisposable {
  url: string
  /** Tables that are there, with their rows. */
  tables: Map<string, Float32Array[]>
  /** Queries, by the worker's address. */
  askedFrom: Map<string, number>
}

export async function toyDatabase(host = '127.0.0.1'): Promise<ToyDatabase> {
  const tables = new Map<string, Float32Array[]>()
  const askedFrom = new Map<string, number>()
  const answer = (method: string, path: string, body: Float32Array): [number, string] => {
    const [, name, verb, k] = path.split('/')
    if (name === 'limits') return [200, 'rows=1000 bytes=1000000']
    if (method === 'PUT') return [tables.has(name) ? 409 : 200, (tables.set(name, []), 'made')]
    const rows = tables.get(name)
    if (!rows) return [404, `no table ${name}`]
    if (method === 'DELETE') return [200, (tables.delete(name), 'gone')]
    if (verb === 'size') return [200, String(rows.length)]
    if (verb === 'add') {
      const dim = Number(k)
      for (let at = 0; at < body.length; at += dim) rows.push(body.slice(at, at + dim))
      return [200, 'added']
    }
    const near = rows
      .map((row, id) => ({ id, far: row.reduce((sum, x, d) => sum + (x - body[d]) ** 2, 0) }))
      .sort((a, b) => a.far - b.far)
    const lines = near.slice(0, Number(k)).map(({ id }) => `row ${id}`)
    return [200, lines.join('\n')]
  }
  const server = createServer((incoming, outgoing) => {
    void floatsOf(incoming).then((body) => {
      if (incoming.url!.includes('/near/')) {
        const from = incoming.socket.remoteAddress!
        askedFrom.set(from, (askedFrom.get(from) ?? 0) + 1)
      }
      const [status, text] = answer(incoming.method!, incoming.url!, body)
      outgoing.writeHead(status).end(text)
    })
  })
  server.listen(0, host)
  await once(server, 'listening')
  return {
    tables,
    askedFrom,
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

async function floatsOf(incoming: IncomingMessage): Promise<Float32Array> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return new Float32Array(Uint8Array.from(Buffer.concat(chunks)).buffer)
}
