import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** Tells the program that it is the one inside, and where to listen. */
const PORT_INSIDE = 'AIBENCH_RELAY_PORT'
const HANDOVER_MS = 10_000

/**
 * A listener on the loopback of the network that process `pid` has of its own: a socket stays in the network where it was opened, whoever
 * has it. The program starts itself in there, which opens it, hands it over and ends.
 * @throws Error when that network can't be entered, or the port is taken
 */
export async function listenInside(pid: number, port: number): Promise<Server> {
  const enter = ['--target', String(pid), '--user', '--net', '--preserve-credentials', '--']
  const child = fork(process.argv[1], [], {
    execPath: 'nsenter',
    execArgv: [...enter, process.execPath],
    env: { ...process.env, [PORT_INSIDE]: String(port) },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  try {
    return await handed(child)
  } finally {
    child.kill('SIGKILL')
  }
}

async function handed(child: ChildProcess): Promise<Server> {
  const came = once(child, 'message', { signal: AbortSignal.timeout(HANDOVER_MS) })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the process inside ended with ${String(code)}`)
  })
  // Of the two one is late, and nobody waits for it any more.
  ended.catch(() => undefined)
  const [, server] = (await Promise.race([came, ended])) as [unknown, Server]
  return server
}

/** Whether this process is the one inside; then it has done what it is for when this returns. */
export async function handOverIfInside(): Promise<boolean> {
  const port = process.env[PORT_INSIDE]
  if (port === undefined || !process.send) return false
  const server = createServer()
  server.listen(Number(port), '127.0.0.1')
  await once(server, 'listening')
  await new Promise<void>((resolve) =>
    process.send!('listener', server, { keepOpen: false }, () => resolve()),
  )
  // Till it has been taken: the one outside ends us.
  await once(process, 'disconnect')
  return true
}
