import { expect } from 'chai'
import { stageReports } from '../../../src/lib/jobs/stages.js'
import { services } from '../../support/context.js'
import { instanceWith } from '../../support/instances.js'

const base = instanceWith({
  ...{ service: 'vllm', scheduler: 'slurm', phase: 'starting', readyAt: null },
  submittedAt: '2026-11-24T10:15:00.000Z',
  startedAt: '2026-11-24T10:17:41.000Z',
})
const stages = [
  { name: 'container', at: '2026-11-24T10:17:41.000Z', text: '' },
  { name: 'weights', at: '2026-11-24T10:17:49.000Z', text: '2 of 4 shards' },
]
const nowMs = Date.parse('2026-11-24T10:18:30.000Z')

describe('the stages of a start-up', () => {
  it('last until the next begins; the last one goes on', () =>
    expect(stageReports(services, { instance: base, stages }, nowMs)).to.deep.equal([
      { name: 'queued', state: 'done', ms: 161_000, text: null },
      { name: 'container', state: 'done', ms: 8_000, text: null },
      { name: 'weights', state: 'now', ms: 41_000, text: '2 of 4 shards' },
    ]))

  it('end when the service is ready, or its job has ended', () => {
    const readyAt = '2026-11-24T10:18:00.000Z'
    const [last] = stageReports(services, { instance: { ...base, readyAt }, stages }, nowMs).slice(
      -1,
    )
    expect(last).to.include({ state: 'done', ms: 11_000 })
    const ended = { ...base, endedAt: '2026-11-24T10:17:59.000Z' }
    expect(stageReports(services, { instance: ended, stages }, nowMs).at(-1)).to.include({
      ms: 10_000,
    })
  })

  it('begin with the queue, which a local job has not', () => {
    const queued = { ...base, phase: 'submitted' as const, startedAt: null }
    expect(stageReports(services, { instance: queued }, nowMs)).to.deep.equal([
      { name: 'queued', state: 'now', ms: 210_000, text: null },
    ])
    const local = { ...base, scheduler: 'local' as const }
    expect(stageReports(services, { instance: local, stages }, nowMs)[0].name).to.equal('container')
  })

  it('are none for a service that tells none', () =>
    expect(
      stageReports(services, { instance: { ...base, service: 'chroma' } }, nowMs),
    ).to.deep.equal([]))
})
