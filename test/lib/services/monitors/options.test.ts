import { expect } from 'chai'
import { keptOptions } from '../../../../src/lib/jobs/kept-options.js'
import { membersOf } from '../../../../src/lib/jobs/members.js'
import { flagsFor, givenBy } from '../../../../src/lib/options/set.js'
import { UsageError } from '../../../../src/lib/platform/errors.js'
import { monitorsOptions } from '../../../../src/lib/services/monitors/options.js'
import { services } from '../../../support/context.js'

const read = (flags: Record<string, unknown>) => givenBy(monitorsOptions, flags)

describe('options of monitors', () => {
  it('take the parts in any order, and give them again in one', () => {
    const given = read({ with: 'node, prometheus' })
    expect(given).to.deep.equal({ with: ['prometheus', 'node'] })
    expect(flagsFor(monitorsOptions, given)).to.deep.equal(['--with', 'prometheus,node'])
  })

  it('refuse parts and times that are none', () => {
    expect(() => read({ with: 'prometheus,loki' }))
      .to.throw(UsageError)
      .with.property(
        'message',
        '--with must be of prometheus, grafana, collector, node, gpu, not "loki"',
      )
    for (const text of ['7', 'd', '0d', '7 d', '-1d'])
      expect(() => read({ retention: text }), text).to.throw(UsageError)
    for (const text of ['7d', '1h30m', '100y'])
      expect(read({ retention: text })).to.deep.equal({ retention: text })
  })

  it('make the members: Prometheus always, and first', () => {
    const names = (options: Record<string, unknown>) => {
      const kept = keptOptions(services.service('monitors'), options)
      if (!kept.success) throw new Error('not kept')
      return membersOf(services, { service: 'monitors', options: kept.output }).map(
        ({ name }) => name,
      )
    }
    expect(names({})).to.deep.equal(['prometheus'])
    expect(names({ with: ['node', 'collector', 'gpu'] })).to.deep.equal([
      ...['prometheus', 'collector', 'node'],
    ])
  })
})
