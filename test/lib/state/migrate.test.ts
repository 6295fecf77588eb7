import { expect } from 'chai'
import fc from 'fast-check'
import { StateError } from '../../../src/lib/platform/errors.js'
import { migrate } from '../../../src/lib/state/migrate.js'

const current = {
  schema: 1,
  revision: 3,
  writtenBy: { version: '0.1.0', host: 'login01', pid: 1, at: '2026-11-24T10:00:00.000Z' },
  instances: {},
  runs: {},
}

describe('migrations', () => {
  it('leave the current schema as it is', () =>
    expect(migrate(current, 'f')).to.deep.equal(current))

  it('carry an older schema over, step by step', () => {
    const old = { ...current, schema: 0, runs: undefined }
    const toOne = (state: Record<string, unknown>) => ({ ...state, schema: 1, runs: {} })
    expect(migrate(old, 'f', [toOne])).to.deep.equal(current)
  })

  it('never throw anything but for a newer schema', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          migrate(value, 'f')
        } catch (error) {
          expect(error).to.be.instanceOf(StateError)
        }
      }),
    )
  })
})
