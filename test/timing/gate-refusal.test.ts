import { expect } from 'chai'
import { connect } from 'node:net'
import { openTestGate, startTarget, textOf } from '../support/gate.js'
import { timed } from '../support/timed.js'

// The rest of a refused request may come for a second.
describe('whoever has no token', () => {
  timed('gets to see the 401 also when it sends a big body first and reads then', async () => {
    await using target = await startTarget((_incoming, outgoing) => outgoing.end())
    await using gate = await openTestGate(target.url)
    const socket = connect(Number(gate.url.port), gate.url.hostname)
    const body = Buffer.alloc(32 << 20)
    socket.write(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n`)
    await new Promise<void>((resolve, reject) =>
      socket.write(body, (error) => (error ? reject(error) : resolve())),
    )
    expect(await textOf(socket)).to.match(/^HTTP\/1\.1 401 /)
  })
})
