import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

/** A server that does nothing, in a process of its own: what the client reaches against it is the client's ceiling. */

/** What it says to every request. */
export interface NullAnswer {
  /** As it goes over the wire, cut where one read of the client is to end. */
  pieces: readonly Buffer[]
  /** A piece at a time, in turn with all other answers, as tokens come; else all of it at once. */
  isPaced: boolean
}

/** The same between processes: base64. */
interface SpokenAnswer {
  pieces: readonly string[]
  isPaced: boolean
}

/** Between two pieces of an answer that is paced. */
const TURN_MS = 2

/** Runs in the child: hears what to answer, tells its port, ends with the parent. */
export function serveNothing(): void {
  process.once('message', ({ pieces, isPaced }: SpokenAnswer) => {
    const bytes = pieces.map((piece) => Buffer.from(piece, 'base64'))
    const server = answering(isPaced ? paced(bytes) : atOnce(bytes))
    server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
  })
  process.on('disconnect', () => process.exit(0))
}

/** On sockets, with the whole answer made once: it must be far faster than what it is to measure. */
function answering(answer: (socket: Socket) => void) {
  return createServer({ noDelay: true }, (socket) => {
    let pending = ''
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      pending += chunk.toString('latin1')
      for (let end = endOfRequest(pending); end > 0; end = endOfRequest(pending)) {
        pending = pending.slice(end)
        answer(socket)
      }
    })
  })
}

function atOnce(pieces: readonly Buffer[]) {
  const whole = Buffer.concat(pieces)
  return (socket: Socket) => void socket.write(whole)
}

function paced(pieces: readonly Buffer[]) {
  const open = new Map<Socket, number>()
  let isTurning = false
  // Slower than the client reads: what waits in a buffer would be read together.
  const turn = () => {
    for (const [socket, next] of open) {
      if (socket.destroyed || next === pieces.length) open.delete(socket)
      else if (socket.writableLength === 0) {
        socket.write(pieces[next])
        open.set(socket, next + 1)
      }
    }
    isTurning = open.size > 0
    if (isTurning) setTimeout(turn, TURN_MS)
  }
  return (socket: Socket) => {
    open.set(socket, 0)
    if (isTurning) return
    isTurning = true
    setTimeout(turn, TURN_MS)
  }
}

function endOfRequest(text: string): number {
  const head = text.indexOf('\r\n\r\n')
  if (head < 0) return -1
  const length = /content-length: *(\d+)/i.exec(text.slice(0, head))
  const end = head + 4 + Number(length?.[1] ?? 0)
  return text.length >= end ? end : -1
}

/** @param program the worker's own entry, which calls {@link serveNothing} when told `--null-server` */
export async function startNullServer(
  program: string,
  { pieces, isPaced }: NullAnswer,
): Promise<{ url: string; [Symbol.dispose](): void }> {
  const child = fork(program, ['--null-server'], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  const spoken: SpokenAnswer = { pieces: pieces.map((one) => one.toString('base64')), isPaced }
  child.send(spoken)
  const [port] = (await once(child, 'message')) as [number]
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.dispose]: () => child.kill('SIGKILL'),
  }
}
