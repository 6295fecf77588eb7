import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { EnvironmentError } from '../platform/errors.js'

/** Tells the gate that it is the one inside, and gets its listener from the one outside. */
const HANDED = 'AIBENCH_GATE_LISTENER'

/**
 * A socket stays in the network where it was opened, whoever has it: this process opens the one to listen on, here, and hands it to a gate
 * that runs in the network of process `pid`. Ends with that gate.
 */
export async function openFromInside(
  pid: number,
  { host, port }: { host: string; port: number },
): Promise<never> {
  const listener = createServer()
  listener.listen(port, host)
  await once(listener, 'listening').catch((error: unknown) => {
    throw new EnvironmentError(`The gate can't listen on ${host}:${port}`, {
      code: 'AIB_GATE_LISTEN',
      cause: error,
    })
  })
  const enter = ['--target', String(pid), '--user', '--net', '--preserve-credentials', '--']
  const gate = spawn('nsenter', [...enter, process.execPath, ...process.argv.slice(1)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [HANDED]: '1' },
  })
  const ended = once(gate, 'exit')
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.on(signal, () => gate.kill(signal))
  gate.once('message', () => {
    gate.send('listener', listener, { keepOpen: false }, () => listener.close())
  })
  const [code] = (await ended) as [number | null]
  process.exit(code ?? 1)
}

/** The listener that was opened for this process in another network; undefined when it opens its own. */
export async function handedListener(): Promise<Server | undefined> {
  if (process.env[HANDED] === undefined || !process.send) return undefined
  // Without its parent nobody ends it any more.
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  const handed = new Promise<Server>((resolve) =>
    process.once('message', (_word, listener) => resolve(listener as Server)),
  )
  process.send('ready')
  return handed
}
