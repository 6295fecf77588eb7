import { expect } from 'chai'
import { findInstance } from '../../../src/lib/jobs/find.js'
import type { Instance, State } from '../../../src/lib/state/schema.js'
import { services } from '../../support/context.js'
import { instanceWith } from '../../support/instances.js'

function stateOf(...instances: Partial<Instance>[]): State {
  const entries = instances.map((change, i) => [`i${i}`, instanceWith({ id: `i${i}`, ...change })])
  return { instances: Object.fromEntries(entries) as State['instances'] } as State
}

describe('the instance that is meant', () => {
  it('is the only one alive', () => {
    const state = stateOf({ name: 'old', phase: 'ended' }, { name: 'new' })
    expect(findInstance(services, state, 'chroma').name).to.equal('new')
  })

  it('is the newest that ended when none is alive', () => {
    const state = stateOf(
      { name: 'old', phase: 'ended', intendedAt: '2026-11-01T00:00:00.000Z' },
      { name: 'new', phase: 'ended', intendedAt: '2026-11-02T00:00:00.000Z' },
    )
    expect(findInstance(services, state, 'chroma').name).to.equal('new')
  })

  it('of two of one name is the living one', () => {
    const state = stateOf({ phase: 'ended', intendedAt: '2026-11-30T00:00:00.000Z' }, {})
    expect(findInstance(services, state, 'chroma', 'chroma').id).to.equal('i1')
  })

  it('can be named by its id', () => {
    expect(
      findInstance(services, stateOf({ name: 'a' }, { name: 'b' }), undefined, 'i1').name,
    ).to.equal('b')
  })

  it('has to be named when several are alive', () => {
    const state = stateOf({ name: 'a' }, { name: 'b' })
    expect(() => findInstance(services, state, 'chroma')).to.throw(
      'Several Chroma instances are running; name one',
    )
  })

  it('of another service is not taken', () => {
    expect(() => findInstance(services, stateOf({ service: 'other' }), 'chroma')).to.throw(
      'no Chroma',
    )
  })

  it('is suggested when its name is nearly right', () => {
    expect(() => findInstance(services, stateOf({ name: 'large' }), 'chroma', 'lagre')).to.throw(
      'did you mean "large"?',
    )
  })
})
