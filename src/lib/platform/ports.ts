import { connect } from 'node:net'

/** Whether nothing answers there any more: refused, or silent for a second. */
export function isPortClosed(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host)
    const answer = (closed: boolean) => {
      socket.destroy()
      resolve(closed)
    }
    socket.once('connect', () => answer(false))
    socket.once('error', () => answer(true))
    socket.setTimeout(1_000, () => answer(true))
  })
}
