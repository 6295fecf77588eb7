import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { UsageMeter } from '../../../src/lib/bench/meters.js'

/** A server as vLLM is one: the process that speaks HTTP leads the group, its engine is a process with a name of its own. */
const ENGINE = `
  process.title = 'VLLM::EngineCore'
  console.log('up')
  const end = Date.now() + 60_000
  setInterval(() => {
    for (const until = Date.now() + 20; Date.now() < until; );
    if (Date.now() > end) process.exit()
  }, 21)
`
const SERVER = `
  const { spawn } = require('node:child_process')
  const stdio = ['ignore', 'inherit', 'inherit']
  const engine = spawn(process.execPath, ['-e', ${JSON.stringify(ENGINE)}], { stdio })
  process.stdin.on('end', () => { engine.kill(); process.exit() }).resume()
`

describe('the CPU of a server', () => {
  it('is told apart by its processes: what speaks HTTP, and its engine', async () => {
    const server = spawn(process.execPath, ['-e', SERVER], {
      detached: true,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    try {
      await once(server.stdout, 'data')
      const meter = new UsageMeter(server.pid!)
      const look = async () => {
        await new Promise((resolve) => setTimeout(resolve, 200))
        return meter.read()
      }
      // The kernel counts in hundredths of a second; on a busy machine they take their time.
      let seen = await look()
      for (let i = 0; i < 100 && !seen.serverEngineCores; i++) seen = await look()
      const { serverCores, serverApiCores, serverEngineCores } = seen
      expect(serverEngineCores).to.be.above(0)
      expect(serverApiCores).to.be.below(serverEngineCores!)
      expect(serverCores).to.be.at.least(serverEngineCores!)
    } finally {
      server.stdin.end()
      await once(server, 'close')
    }
  })

  it('has no parts where the engine is no process of its own, or nothing is seen', () => {
    const own = new UsageMeter(process.pid).read()
    expect(own).to.include({ serverApiCores: null, serverEngineCores: null })
    expect(new UsageMeter(null).read()).to.include({ serverCores: null, serverApiCores: null })
  })
})
