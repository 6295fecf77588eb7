import { expect } from 'chai'
import { capabilitiesOf } from '../../../../src/lib/monitoring/prometheus/versions.js'
import { prometheusFlags } from '../../../../src/lib/services/monitors/job/prometheus.js'
import type { MonitorsPlan } from '../../../../src/lib/services/monitors/plan.js'

const SOONER = '--scrape.discovery-reload-interval=100ms'

describe('the command line of Prometheus', () => {
  const flagsOf = (version: string | null, archive: string | null = null) =>
    prometheusFlags(
      {
        plan: {
          ...{ scrapeIntervalMs: 1_000, retention: '7d', archive },
          programs: { prometheus: { argv: ['prometheus'], version, image: null } },
        } as MonitorsPlan,
        ports: {
          host: '127.0.0.1',
          prometheus: 1,
          node: 2,
          grafana: 3,
          collector: 4,
          collectorGrpc: 5,
        },
        etc: '/s/etc',
      },
      '/s/tsdb',
    )

  it('lets a new target wait no longer than it must, in every version that can be told', () => {
    for (const version of ['2.42.0', '3.16.0', null])
      expect(flagsOf(version), String(version)).to.include(SOONER)
    expect(flagsOf('2.35.0')).not.to.include(SOONER)
  })

  it('takes OTLP where it can, and of an archive nothing', () => {
    expect(flagsOf('3.16.0')).to.include('--web.enable-otlp-receiver')
    expect(flagsOf('2.42.0'))
      .to.include('--web.enable-remote-write-receiver')
      .and.not.include('--web.enable-otlp-receiver')
    const opened = flagsOf('3.16.0', '/a.zip')
    expect(opened).to.include('--storage.tsdb.retention.time=100y').and.not.include(SOONER)
    expect(opened.filter((flag) => flag.endsWith('receiver'))).to.deep.equal([])
  })

  it('follows from what a version can do', () => {
    const able = (version: string) =>
      Object.entries(capabilitiesOf(version)).flatMap(([name, is]) => (is ? [name] : []))
    expect(able('2.35.0')).to.deep.equal([])
    expect(able('2.42.0')).to.deep.equal(['discoveryReloadInterval'])
    expect(able('2.43.1')).to.deep.equal(['scrapeConfigFiles', 'discoveryReloadInterval'])
    expect(able('3.0.0')).to.have.length(4)
  })
})
