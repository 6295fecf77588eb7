import { expect } from 'chai'
import { boards } from '../../../../src/lib/monitoring/panels/boards.js'
import { checkBoards, type Answering } from '../../../../src/lib/monitoring/panels/check.js'
import { panelsOf, type Board, type Panel } from '../../../../src/lib/monitoring/panels/panel.js'
import { PrometheusApi } from '../../../../src/lib/monitoring/prometheus/client.js'
import { UnreachableError } from '../../../../src/lib/platform/errors.js'
import { systemHttp } from '../../../../src/lib/platform/http.js'
import { fillTsdb, FIRST_S, LAST_S } from '../../../support/filled-tsdb.js'
import { realPrometheus, type RealPrometheus } from '../../../support/monitors.js'
import { startPrometheus } from '../../../support/prometheus.js'
import { needs } from '../../../support/require.js'
import { temporaryFolder } from '../../../support/surroundings.js'

const range = { from: FIRST_S * 1000, to: LAST_S * 1000, scrapeIntervalMs: 1000 }

function boardOf(...queries: string[]): Board {
  const panel = (expr: string, at: number): Panel => ({
    ...{ id: `p${at}`, title: `Panel ${at}`, description: '', unit: 'count', kind: 'lines' },
    queries: [{ expr, legend: '' }],
  })
  const rows = [{ title: 'row', panels: queries.map(panel) }]
  return { uid: 'b', title: 'Board', description: '', variables: [], hasPhases: false, rows }
}

describe('checking the panels', function () {
  this.timeout(120_000)
  let real: RealPrometheus

  before(async function () {
    real = await realPrometheus()
    needs(this, 'prometheus', real.why === '', real.why)
  })

  async function filled(kind: 'new' | 'old', dir: string) {
    const [program, promtool] =
      kind === 'new' ? [real.prometheus, real.promtool] : [real.oldPrometheus, real.oldPromtool]
    const tsdb = `${dir}/tsdb`
    await fillTsdb(promtool, tsdb, dir)
    const running = await startPrometheus({ program, tsdb, dir })
    const api = new PrometheusApi(systemHttp, running.api)
    return { api, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() }
  }

  for (const kind of ['new', 'old'] as const)
    it(`has an answer to every query of every panel from the ${kind} Prometheus`, async () => {
      await using folder = await temporaryFolder()
      await using running = await filled(kind, folder.path)
      const asked: string[] = []
      const { panels, without } = await checkBoards(noting(running.api, asked), boards, range)
      const dead = panels.filter(({ state }) => state !== 'data')
      expect(dead).to.deep.equal([])
      expect(panels.map(({ id }) => id)).to.deep.equal(boards.flatMap(panelsOf).map(({ id }) => id))
      expect(without).to.deep.equal([])
      const queries = boards.flatMap(panelsOf).flatMap((panel) => panel.queries)
      expect(asked.length).to.be.at.least(new Set(queries.map(({ expr }) => expr)).size)
    })

  it('ends where nobody answers: that is no matter of one panel', async () => {
    const api = new PrometheusApi(systemHttp, { url: 'http://127.0.0.1:9', authorization: 'none' })
    const error = await checkBoards(
      { ...noting(api, []), metricNames: () => Promise.resolve(new Set(['up'])) },
      boards,
      range,
    ).catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(UnreachableError)
  })

  it('asks for what is chosen alone, by old names too', async () => {
    await using folder = await temporaryFolder()
    await using running = await filled('new', folder.path)
    const of = async (name: string) => {
      const { panels } = await checkBoards(running.api, boards, { ...range, chosen: { name } })
      expect(panels.filter(({ state }) => state !== 'data')).to.deep.equal([])
      return panels.map(({ board, id }) => `${board} ${id}`)
    }
    expect(await of('old')).to.include.members(['aibench-vllm itl', 'aibench-vllm kv-cache'])
    expect(await of('old')).not.to.include('aibench-nodes gpu-busy')
    expect(await of('db'))
      .to.include('aibench-chroma cache')
      .and.not.include('aibench-vllm ttft')
  })

  it('tells what is empty, what had nothing to do, and what Prometheus refuses', async () => {
    await using folder = await temporaryFolder()
    await using running = await filled('new', folder.path)
    const checked = await checkBoards(
      running.api,
      [
        boardOf(
          'up{name=~"$name"}',
          'up{job="nobody",name=~"$name"}',
          'up{name=~"$name"} * 0 / 0',
          'sum(up{name=~"$name"}',
          'nobody_tells_this{}',
          'up{service="nobody",name=~"$name"}',
        ),
        { ...boardOf('nobody_tells_that{}'), title: 'Another' },
      ],
      range,
    )
    expect(checked.panels.map(({ id, state }) => [id, state])).to.deep.equal([
      ['p0', 'data'],
      ['p1', 'empty'],
      ['p2', 'idle'],
      ['p3', 'error'],
    ])
    expect(checked.panels[1].query).to.equal('up{job="nobody",name=~".*"}')
    expect(checked.panels[3].error).to.match(/unclosed left parenthesis|parse error/)
    expect(checked.without).to.deep.equal(['Another'])
  })
})

function noting(api: Answering, asked: string[]): Answering {
  return {
    query: (promql, at) => {
      asked.push(promql)
      return api.query(promql, at)
    },
    queryRange: (promql, span) => {
      asked.push(promql)
      return api.queryRange(promql, span)
    },
    metricNames: (start, end) => api.metricNames(start, end),
  }
}
