import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rolesOf } from '../../../../src/lib/instrument/inference/server-roles.js'
import { UsageMeter } from '../../../../src/lib/instrument/measure/meters.js'

/** A server as vLLM is one: the process that speaks HTTP leads the group; its engine, in a session of its own, has a name of its own. */
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
  const options = { stdio: ['ignore', 'inherit', 'inherit'], detached: true }
  process.title = 'VLLM::APIServer_0'
  const engine = spawn(process.execPath, ['-e', ${JSON.stringify(ENGINE)}], options)
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
      const meter = new UsageMeter(server.pid!, rolesOf)
      const look = async () => {
        await new Promise((resolve) => setTimeout(resolve, 200))
        return meter.read()
      }
      // The kernel counts in hundredths of a second; on a busy machine they take their time.
      let seen = await look()
      const of = (role: string) => seen.serverRoles!.find((one) => one.role === role)
      for (let i = 0; i < 100 && !of('engine')?.cpuSeconds; i++) seen = await look()
      expect(seen.serverRoles!.map(({ role, count }) => `${count} ${role}`)).to.have.members([
        ...['1 api', '1 engine'],
      ])
      const { cpuSeconds, busiestCpuSeconds } = of('engine')!
      expect(busiestCpuSeconds).to.equal(cpuSeconds).and.to.be.above(0)
      expect(of('api')!.cpuSeconds).to.be.below(cpuSeconds)
      const all = cpuSeconds + of('api')!.cpuSeconds
      expect(seen.serverCores! * (seen.wallMs / 1000)).to.be.closeTo(all, 1e-6)
    } finally {
      server.stdin.end()
      await once(server, 'close')
    }
  })

  it('has no part of vLLM where none is seen', () => {
    const { serverRoles } = new UsageMeter(process.pid, rolesOf).read()
    expect(new Set(serverRoles!.map(({ role }) => role))).to.deep.equal(new Set(['other']))
    expect(new UsageMeter(null).read()).to.include({ serverCores: null, serverRoles: null })
  })
})

describe('what a process of a vLLM does', () => {
  const python = '/opt/venv/bin/python3'
  const serve = [python, '/opt/venv/bin/vllm', 'serve', '/models/one', '--port', '8000']
  const cases: [string, string[][], string[]][] = [
    [
      'one of each, as on an H100 with 0.26',
      [['bash', '/run/job.sh'], serve, ['VLLM::EngineCore']],
      ['other', 'api', 'engine'],
    ],
    [
      'tensor and data parallel',
      [serve, ['VLLM::EngineCore_DP1'], ['VLLM::Worker_TP0_EP0'], ['VLLM::DPCoordinator']],
      ['api', 'engine', 'worker', 'other'],
    ],
    [
      'several API servers: what started them only waits',
      [serve, ['VLLM::APIServer_0'], ['VLLM::APIServer_1'], ['mine::EngineCore']],
      ['other', 'api', 'api', 'engine'],
    ],
    [
      'in an image: what starts it is not it',
      [['apptainer', 'exec', '--nv', 'vllm.sif', 'vllm', 'serve', '/models/one'], serve],
      ['other', 'api'],
    ],
    [
      'as a module; Ray’s workers; helpers',
      [
        ['python3.12', '-m', 'vllm.entrypoints.openai.api_server', '--model', 'm'],
        ['ray::RayWorkerProc'],
        [python, '-c', 'from multiprocessing.resource_tracker import main;main(4)'],
        [],
      ],
      ['api', 'worker', 'other', 'other'],
    ],
  ]
  for (const [title, commands, roles] of cases)
    it(`is known: ${title}`, () => expect(rolesOf(commands)).to.deep.equal(roles))
})
