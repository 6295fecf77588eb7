import { expect } from 'chai'
import type { OpenReport } from '../../../../src/lib/services/monitors/open.js'
import { openView } from '../../../../src/lib/services/monitors/face/open-view.js'
import { plainStyle } from '../../../../src/lib/report/style.js'
import { queryView } from '../../../../src/lib/services/monitors/face/target-views.js'

describe('what a query found', () => {
  const report = { monitors: 'monitors', query: 'up', to: '2026-11-27T09:40:00.000Z' }
  const labels = { __name__: 'up', node: 'vm', slurm_job_id: '7', name: 'vllm' }
  const at = Date.parse(report.to)

  it('tells what all series share once, and what tells them apart first', () => {
    const series = ['prometheus', 'node'].map((job, value) => ({
      ...{ labels: { instance: `127.0.0.1:${value}`, ...labels, job }, samples: [{ at, value }] },
    }))
    expect(queryView({ ...report, from: null, series }, plainStyle).split('\n')).to.deep.equal([
      'up{node="vm", name="vllm", slurm_job_id="7"}',
      'VALUE  SERIES',
      '    0  {job="prometheus", instance="127.0.0.1:0"}',
      '    1  {job="node", instance="127.0.0.1:1"}',
    ])
  })

  it('tells a value without labels alone, and rounds what is not whole', () => {
    const series = [{ labels: {}, samples: [{ at, value: 390.00382222222214 }] }]
    expect(queryView({ ...report, from: null, series }, plainStyle)).to.equal('  VALUE\n390.004')
  })

  it('tells the moments of each series', () => {
    const series = [{ labels, samples: [{ at, value: 3_000_000_001 }] }]
    const text = queryView({ ...report, from: report.to, series }, plainStyle)
    expect(text.split('\n').at(-1)).to.equal('  3000000001  09:40:00')
  })

  it('says that there is nothing', () => {
    expect(queryView({ ...report, from: null, series: [] }, plainStyle)).to.match(/^no data/)
  })
})

describe('what monitors open says', () => {
  const archive = { kind: 'copy', why: 'it had ended', samples: 0, at: '2026-11-27T10:00:00Z' }
  const view = (leftMs: number | null) =>
    openView(
      {
        ...{ instance: { name: 'saved', endpoint: null, leftMs }, archive, counted: null },
        ...{ path: '/a.zip', grafanaLink: null },
      } as unknown as OpenReport,
      plainStyle,
    ).split('\n')[0]

  it('has when it ends by itself', () => {
    expect(view(12 * 3_600_000)).to.equal('saved is ready · stops by itself in 12h')
    expect(view(null)).to.equal('saved is ready')
  })
})
