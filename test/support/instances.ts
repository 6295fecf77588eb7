import type { Instance } from '../../src/lib/state/schema.js'

/** A ready instance; what a test is about is given. */
export function instanceWith(change: Partial<Instance> = {}): Instance {
  return {
    id: 'k3f9',
    name: 'chroma',
    service: 'chroma',
    scheduler: 'local',
    token: 'aibench:0123',
    jobId: 'local-7a31',
    cluster: null,
    restarts: 0,
    stopAskedAt: null,
    phase: 'ready',
    runDir: '/nowhere/runs/20261124T101500-chroma-k3f9',
    options: { profile: 'default', persistDir: null, image: null },
    nodes: 1,
    nodeList: ['mel0001'],
    timeLimitMs: 3_600_000,
    intendedAt: '2026-11-24T10:15:00.000Z',
    submittingUntil: null,
    submittedAt: '2026-11-24T10:15:01.000Z',
    startedAt: '2026-11-24T10:15:02.000Z',
    readyAt: '2026-11-24T10:15:03.000Z',
    endedAt: null,
    version: '1.5.9',
    endpoint: { scheme: 'http', host: '127.0.0.1', port: 39857, node: 'mel0001' },
    outcome: null,
    lastResult: null,
    ...change,
  }
}
