import { expect } from 'chai'
import { TargetRecords } from '../../../../src/lib/monitoring/prometheus/target-records.js'
import type { ScrapeTarget } from '../../../../src/lib/monitoring/targets.js'

const targetAt = (port: number): ScrapeTarget => ({
  ...{ name: 'service.vllm.n1', labels: { name: 'vllm' }, credentials: null, sampleLimit: 0 },
  endpoints: [{ url: `http://127.0.0.1:${port}`, path: '/metrics', job: 'node' }],
})

describe('what is told of a target', () => {
  it('is its address of now: an exporter that was started again has another', async () => {
    const records = new TargetRecords()
    const api = { targets: async () => [], query: async () => [] }
    const at = async (port: number, now: string) =>
      (await records.look(api, [targetAt(port)], { now: new Date(now), refused: [] }))[0]
    const first = { ...(await at(1001, '2026-11-24T10:15:00Z')) }
    const second = await at(1002, '2026-11-24T10:16:00Z')
    expect([first.url, second.url]).to.deep.equal([
      'http://127.0.0.1:1001/metrics',
      'http://127.0.0.1:1002/metrics',
    ])
    expect(second.attachedAt).to.equal(first.attachedAt)
  })
})
