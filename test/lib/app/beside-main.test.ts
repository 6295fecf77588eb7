import { expect } from 'chai'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { callBeside, probeMember } from '../../../src/lib/jobs/beside.js'
import type { Connection, Workload } from '../../../src/lib/jobs/contract.js'
import { systemProcesses } from '../../../src/lib/platform/processes.js'
import { ROOT } from '../../support/cli.js'
import { contextWith } from '../../support/context.js'
import { instanceWith } from '../../support/instances.js'
import { quickSimulator } from '../../support/sse-client.js'
import { rejection } from '../../support/surroundings.js'

/** An instance of the service whose loopback only the program beside it reaches. */
async function elsewhere(service: string, port = 1) {
  const context = await contextWith()
  context.processes = systemProcesses
  const runDir = `${context.folder}/run`
  await mkdir(runDir, { mode: 0o700 })
  const lines: string[] = []
  const reach: Connection = {
    endpoint: { scheme: 'http', host: '127.0.0.1', port } as Connection['endpoint'],
    tokenFile: null,
    options: { simulate: {}, servedName: null },
    isHere: false,
    beside([node, , ...args]) {
      lines.push(args.join(' '))
      return [node, '--import', 'tsx', `${ROOT}src/lib/app/beside-main.ts`, ...args]
    },
  }
  const instance = instanceWith({ service, name: 'far', runDir })
  return {
    ...{ context, reach, instance, lines },
    [Symbol.asyncDispose]: () => rm(context.folder, { recursive: true }),
  }
}

describe('the program beside a server', () => {
  it('probes the server of its service, told by a file that does not stay', async () => {
    await using simulator = await quickSimulator()
    await using there = await elsewhere('vllm', Number(new URL(simulator.url).port))
    const { context, instance, reach, lines } = there
    const [member] = membersOf(context.service('vllm'))
    const answer = await probeMember(context, instance, member, reach)
    expect(answer).to.deep.equal({ ready: true, detail: 'simulated answered one token' })
    expect(lines.join()).to.match(/^vllm \S+\.json$/)
    expect(await readdir(instance.runDir)).to.deep.equal([])
  })

  it('knows a service that is none, and says so', async () => {
    await using there = await elsewhere('weaviate')
    const { context, instance, reach } = there
    const call = { call: 'answer', question: {} } as const
    const error = await rejection(callBeside(context, instance, reach, call))
    expect(error).to.have.property('exitCode', 4)
    expect(error.message).to.equal('Unknown service "weaviate"')
    const [member] = membersOf(context.service('chroma'))
    const answer = await probeMember(context, instance, member, reach)
    expect(answer).to.deep.equal({
      ready: false,
      detail: 'the probe could not run beside the server: Unknown service "weaviate"',
    })
  })

  it('says what a service can not be asked', async () => {
    await using there = await elsewhere('chroma')
    const { context, instance, reach } = there
    const call = { call: 'answer', question: {} } as const
    const error = await rejection(callBeside(context, instance, reach, call))
    expect(error.message).to.equal(`Chroma can't be asked that`)
  })
})

function membersOf(service: Workload) {
  return service.shape === 'serving' ? service.members({}) : []
}
