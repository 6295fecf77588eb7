import { expect } from 'chai'
import * as v from 'valibot'
import { RunSchema } from '../../../src/lib/state/schema.js'

describe('a verdict in the records', () => {
  const run = {
    id: 'ab12',
    service: 'vllm',
    instance: null,
    target: 'http://127.0.0.1:8000',
    dir: '/runs/ab12',
    startedAt: '2026-11-24T10:00:00Z',
    endedAt: null,
    summary: null,
  }

  for (const [written, read] of [
    ['instrument-saturated', 'client-bound'],
    ['late', 'late'],
    ['threshold-missed', 'threshold-missed'],
  ])
    it(`"${written}" is read as ${read}`, () => {
      expect(v.parse(RunSchema, { ...run, verdict: written }).verdict).to.equal(read)
    })
})
