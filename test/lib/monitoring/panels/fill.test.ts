import { expect } from 'chai'
import { fill, fillLegend, rateIntervalMs } from '../../../../src/lib/monitoring/panels/fill.js'

const times = { rateIntervalMs: 4000, rangeMs: 600_000 }

describe('filling the variables of a query', () => {
  it('asks for all where nothing is chosen', () => {
    expect(fill('up{name=~"$name",run=~"$run"}', times)).to.equal('up{name=~".*",run=~".*"}')
  })

  it('joins several values, and none of them is a pattern or ends the string', () => {
    const name = ['a.b', 'c"d', 'e\nf', 'g|h', 'i\\j', '$run']
    expect(fill('up{name=~"$name"}', { ...times, name })).to.equal(
      'up{name=~"a\\\\.b|c\\"d|e\\nf|g\\\\|h|i\\\\\\\\j|\\\\$run"}',
    )
  })

  it('writes durations, parts of a second too', () => {
    const expr = 'rate(x[$__rate_interval]) + max_over_time(y[$__range])'
    expect(fill(expr, { rateIntervalMs: 1500, rangeMs: 60_000 })).to.equal(
      'rate(x[1500ms]) + max_over_time(y[60s])',
    )
  })

  it('leaves alone what only begins like a variable', () => {
    expect(fill('up{name=~"$names"}', { ...times, name: 'a' })).to.equal('up{name=~"$names"}')
  })

  it('rates over four scrapes, and over more than a step', () => {
    expect(rateIntervalMs({ stepMs: 1000, scrapeIntervalMs: 1000 })).to.equal(4000)
    expect(rateIntervalMs({ stepMs: 60_000, scrapeIntervalMs: 5000 })).to.equal(65_000)
  })

  it('names a series by its labels', () => {
    expect(
      fillLegend('{{service}} {{ name }} {{none}} p95', { service: 'vllm', name: 'a' }),
    ).to.equal('vllm a p95')
  })
})
