import { expect } from 'chai'
import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ActiveTarget } from '../../../../src/lib/monitoring/prometheus/client.js'
import type { ScrapeTarget } from '../../../../src/lib/monitoring/targets.js'
import { UnreachableError } from '../../../../src/lib/platform/errors.js'
import { systemHttp } from '../../../../src/lib/platform/http.js'
import { systemProcesses } from '../../../../src/lib/platform/processes.js'
import { Agent } from '../../../../src/lib/services/monitors/job/watch.js'
import { makeWish } from '../../../../src/lib/services/monitors/wishes.js'
import type { Instance, State } from '../../../../src/lib/state/schema.js'
import { clock, environmentIn, temporaryFolder } from '../../../support/surroundings.js'

const OWN: ScrapeTarget = {
  ...{ name: 'own', labels: { name: 'monitors' }, credentials: null, sampleLimit: 0 },
  endpoints: [{ url: 'http://127.0.0.1:1', path: '/metrics', job: 'prometheus' }],
}

describe('the agent of the monitors', () => {
  it('is behind as soon as something that says what to scrape is another, and not before', async () => {
    await using agent = await agentIn()
    await agent.look()
    // Which folders there are is known only now.
    await agent.look()
    expect(agent.isBehind()).to.equal(false)

    await makeWish(agent.runDir, {
      ...{ wish: 'scrape', name: 'page', url: 'http://127.0.0.1:9', path: '/metrics' },
      ...{ labels: {}, credentials: null, sampleLimit: 0 },
    })
    expect(agent.isBehind(), 'a wish').to.equal(true)
    await agent.look()
    expect(agent.isBehind()).to.equal(false)

    await writeFile(join(agent.serviceDir, 'exporter.n1.json'), '{}')
    expect(agent.isBehind(), 'an exporter').to.equal(true)
    await agent.look()
    expect(agent.isBehind()).to.equal(false)

    await writeFile(agent.stateFile, 'more')
    expect(agent.isBehind(), 'the state').to.equal(true)
  })

  it('waits for those that are not up twice, and for Prometheus while it does not answer', async () => {
    await using agent = await agentIn()
    await agent.look()
    expect(agent.isWaiting()).to.equal(true)
    agent.scrape(1)
    await agent.look()
    expect(agent.isWaiting()).to.equal(true)
    agent.scrape(2)
    await agent.look()
    expect(agent.isWaiting(), 'it is up').to.equal(false)

    agent.silence()
    for (let look = 0; look < 3; look++) await agent.look()
    expect(agent.isWaiting()).to.equal(true)
    expect(agent.said, 'said once').to.deep.equal([
      'can’t tell Prometheus what to scrape: it does not answer',
    ])
  })
})

async function agentIn() {
  const folder = await temporaryFolder()
  const [runDir, etc, serviceDir] = ['run', 'etc', 'service'].map((name) => join(folder.path, name))
  for (const dir of [runDir, etc, serviceDir]) await mkdir(dir, { mode: 0o700 })
  // Of a moment ago it could have the time of what is written next.
  await utimes(serviceDir, 1, 1)
  const stateFile = join(folder.path, 'state.json')
  await writeFile(stateFile, '')
  const running = { phase: 'ready', runDir: serviceDir, id: 'k3f9', name: 'vllm' } as Instance
  const own = { phase: 'ready', runDir, id: 'mon1', name: 'monitors' } as Instance
  const state = { instances: { k3f9: running, mon1: own } } as unknown as State

  let isSilent = false
  let target: ActiveTarget = {
    ...{ pool: 'own/0', url: 'http://127.0.0.1:1/metrics', labels: {}, health: 'unknown' },
    ...{ lastError: '', lastScrapeAt: null, lastScrapeSeconds: 0 },
  }
  const said: string[] = []
  const agent = new Agent(
    {
      ...{ clock, environment: environmentIn(folder.path), http: systemHttp },
      ...{ processes: systemProcesses, stop: new AbortController().signal },
      say: (text) => void said.push(text),
    },
    {
      ...{ runDir, etc, node: 'n1', own: [OWN], stateFile },
      readState: () => Promise.resolve(state),
      api: {
        targets() {
          if (isSilent) return Promise.reject(new UnreachableError('it does not answer'))
          return Promise.resolve([target])
        },
        query: () => Promise.resolve([{ labels: {}, samples: [{ at: 0, value: 1 }] }]),
      },
      scraped: { sync: () => Promise.resolve({ reloaded: false, refused: [] }) },
      password: { look: async () => undefined },
      storing: { look: () => Promise.resolve({ freeBytes: null, trouble: [] }) },
      outlets: { sync: () => Promise.resolve(), close: () => Promise.resolve() },
    },
  )
  return {
    ...{ runDir, serviceDir, stateFile, said },
    look: () => agent.look(),
    isBehind: () => agent.isBehind(),
    isWaiting: () => agent.isWaiting(),
    silence: () => void (isSilent = true),
    scrape(n: number) {
      target = { ...target, health: 'up', lastScrapeAt: new Date(n * 1_000).toISOString() }
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}
