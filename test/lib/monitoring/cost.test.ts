import { expect } from 'chai'
import { monitoringParts } from '../../../src/lib/benchmarks/face/monitoring-lines.js'
import type { MonitorsRecord } from '../../../src/lib/instrument/measure/envelope.js'
import { monitoringCost } from '../../../src/lib/monitoring/cost.js'
import type { Series } from '../../../src/lib/monitoring/prometheus/client.js'

const RUN = { name: 'llama', fromMs: 100_000, toMs: 160_000 }
const series = (labels: Record<string, string>, value: number): Series => ({
  labels,
  samples: [{ at: 0, value }],
})
const PROMETHEUS = { service: 'monitors', name: 'monitors', job: 'prometheus', node: 'n1' }
const NODE = { ...PROMETHEUS, job: 'node' }
const EXPORTER = { service: 'vllm', name: 'llama', job: 'node', node: 'n2' }
const COLLECTOR = { job: 'otelcol', instance: 'c' }
const CPU = 'process_cpu_seconds_total'

/** Answers by the kind of query and its moment. */
const api = (answers: Record<string, Series[]>) => ({
  query: async (promql: string, at?: number): Promise<Series[]> => {
    const [kind] = ['avg_over_time', 'scrape_duration', 'process_resident', CPU].filter((part) =>
      promql.includes(part),
    )
    return answers[kind === CPU ? `${CPU} ${at}` : kind] ?? []
  },
})

describe('what monitoring cost', () => {
  it('is the difference of the counters at both ends, by program', async () => {
    const cost = await monitoringCost(
      api({
        [`${CPU} 100000`]: [
          series({ ...PROMETHEUS, __name__: CPU }, 10),
          series({ ...NODE, __name__: CPU }, 50),
          series({ ...COLLECTOR, __name__: `otelcol_${CPU}` }, 1),
        ],
        [`${CPU} 160000`]: [
          series({ ...PROMETHEUS, __name__: CPU }, 11.5),
          series({ ...NODE, __name__: CPU }, 0.25),
          series({ ...EXPORTER, __name__: CPU }, 0.5),
          series({ ...COLLECTOR, __name__: `otelcol_${CPU}` }, 1.25),
        ],
        process_resident: [series(PROMETHEUS, 80e6), series(COLLECTOR, 40e6)],
        avg_over_time: [series({ ...EXPORTER, job: 'vllm' }, 0.01)],
        scrape_duration: [series({ ...EXPORTER, job: 'vllm' }, 0.05)],
      }),
      RUN,
    )
    expect(cost).to.deep.equal({
      seconds: 60,
      programs: [
        { program: 'Prometheus', node: 'n1', cpuSeconds: 1.5, maxRssBytes: 80e6 },
        // Started again in between.
        { program: 'node exporter', node: 'n1', cpuSeconds: 0.25, maxRssBytes: null },
        { program: 'exporter of llama', node: 'n2', cpuSeconds: 0.5, maxRssBytes: null },
        { program: 'Collector', node: '', cpuSeconds: 0.25, maxRssBytes: 40e6 },
      ],
      scrapes: [{ page: 'vllm', node: 'n2', meanS: 0.01, maxS: 0.05 }],
    })
    expect(monitoringParts({ monitors: { cost } as MonitorsRecord })).to.deep.equal([
      '4.17 % of a core over 1m',
      'Prometheus 2.50 %, 76.3 MiB',
      'node exporter 0.417 %',
      'exporter of llama 0.833 %',
      'Collector 0.417 %, 38.1 MiB',
      'scrapes of vllm 10.0 ms mean, 50.0 ms max',
    ])
  })

  it('is no line where it was not asked for', () => {
    expect(monitoringParts({ monitors: { verdict: 'stored' } as MonitorsRecord })).to.deep.equal([])
    expect(monitoringParts({ monitors: null })).to.deep.equal([])
  })
})
