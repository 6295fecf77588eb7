import type { EndpointRecord, Instance } from '../../src/lib/state/schema.js'

export interface InstanceChange extends Partial<Instance> {
  /** Of its one server. */
  endpoint?: EndpointRecord | null
}

export const ENDPOINT = { scheme: 'http', host: '127.0.0.1', port: 39857, node: 'mel0001' }

/** A ready instance with one server; what a test is about is given. */
export function instanceWith({ endpoint = ENDPOINT, ...change }: InstanceChange = {}): Instance {
  const { service = 'chroma', phase = 'ready', readyAt = '2026-11-24T10:15:03.000Z' } = change
  const isReady = ['ready', 'stopping', 'ended'].includes(phase)
  return {
    id: 'k3f9',
    name: 'chroma',
    service,
    shape: 'serving',
    allocation: null,
    scheduler: 'local',
    token: 'aibench:0123',
    jobId: 'local-7a31',
    cluster: null,
    restarts: 0,
    stopAskedAt: null,
    phase,
    runDir: '/nowhere/runs/20261124T101500-chroma-k3f9',
    options: { profile: 'default', persistDir: null, image: null },
    nodes: 1,
    nodeList: ['mel0001'],
    timeLimitMs: 3_600_000,
    intendedAt: '2026-11-24T10:15:00.000Z',
    submittingUntil: null,
    submittedAt: '2026-11-24T10:15:01.000Z',
    startedAt: '2026-11-24T10:15:02.000Z',
    readyAt,
    endedAt: null,
    version: '1.5.9',
    members: endpoint
      ? { [service]: { endpoint, readyAt: isReady ? readyAt : null, failed: null } }
      : {},
    hooks: { ready: null, ended: null },
    outcome: null,
    lastResult: null,
    ...change,
  }
}
