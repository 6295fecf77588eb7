import { expect } from 'chai'
import { boards } from '../../../../src/lib/monitoring/panels/boards.js'
import { fill } from '../../../../src/lib/monitoring/panels/fill.js'
import {
  boardApplies,
  metricsOf,
  panelsOf,
  PHASES,
  queryApplies,
  type Query,
} from '../../../../src/lib/monitoring/panels/panel.js'
import { Metrics } from '../../../../src/lib/simulator/metrics.js'
import { parsePromql } from '../../../support/promql.js'
import {
  type Page,
  readPage,
  recordedNames,
  recordedPage,
} from '../../../support/recorded-metrics.js'

/** What the agent adds to each series of a service. */
const ATTACHED = ['service', 'name', 'instance_id', 'slurm_job_id', 'node', 'job', 'instance']
const FILLING = { rateIntervalMs: 4000, rangeMs: 600_000 }

const all = boards.flatMap((board) => [
  ...panelsOf(board).flatMap((panel) =>
    panel.queries.map((query) => ({ where: `${board.uid} ${panel.id}`, panel, query })),
  ),
  ...(board.hasPhases ? [{ where: `${board.uid} phases`, panel: undefined, query: PHASES }] : []),
])
const parsed = (query: Query) => parsePromql(fill(query.expr, FILLING))

const pages = new Map(recordedNames().map((name) => [name, recordedPage(name)]))
const simulated = (version: string): Page =>
  readPage(
    new Metrics().text({ running: 0, waiting: 0, kvCacheShare: 0 }, { model: 'tiny', version }),
  )
const everything: Page = new Map(
  [...pages.values(), simulated('0.9.0')].flatMap((page) => [...page]),
)
const namesOf = (page: Page) => new Set(page.keys())
const ofPrefix = (prefix: RegExp) =>
  all.filter(({ query }) => metricsOf(query).some((name) => prefix.test(name)))

describe('the boards', () => {
  it('are asked in PromQL', () => {
    for (const { where, query } of all) expect(parsed(query).errors, where).to.deep.equal([])
  })

  it('write braces behind each metric: so their names are read from queries', () => {
    for (const { where, query } of all) {
      const metrics = [...new Set(parsed(query).metrics.map(({ metric }) => metric))]
      expect(metricsOf(query), where).to.deep.equal(metrics)
    }
  })

  it('ask for nothing that no server tells', () => {
    for (const { where, query } of all)
      for (const name of metricsOf(query)) expect([...everything.keys()], where).to.include(name)
  })

  for (const version of ['vllm-0.26.0', 'vllm-0.32.0'])
    it(`find all of vLLM's in ${version}`, () => {
      const names = namesOf(new Map([...pages.get(version)!, ...pages.get('client')!]))
      for (const { where, query } of ofPrefix(/^vllm:/)) {
        if (metricsOf(query).some((name) => name.startsWith('aibench_gpu'))) continue
        expect(queryApplies(query, names), `${where}: ${query.expr}`).to.equal(true)
      }
    })

  it('find the old names of vLLM where they find the new ones', () => {
    const [now, before] = [namesOf(simulated('0.32.0')), namesOf(simulated('0.9.0'))]
    const found = ofPrefix(/^vllm:/).filter(({ query }) => queryApplies(query, now))
    expect(found.length).to.be.greaterThan(20)
    for (const { where, query } of found)
      expect(queryApplies(query, before), `${where}: ${query.expr}`).to.equal(true)
  })

  for (const version of ['node-exporter-1.12.1', 'node-exporter-1.5.0'])
    it(`find all of the nodes' in ${version}, but for hardware that it had not`, () => {
      const names = namesOf(pages.get(version)!)
      for (const { where, query } of ofPrefix(/^node_(?!infiniband)/))
        expect(queryApplies(query, names), where).to.equal(true)
    })

  for (const version of ['prometheus-3.16.0', 'prometheus-2.42.0'])
    it(`find what the monitors tell of themselves in ${version}`, () => {
      const names = namesOf(pages.get(version)!)
      for (const { where, query } of ofPrefix(/^prometheus_/))
        expect(queryApplies(query, names), where).to.equal(true)
    })

  it('take rates of counters alone, and show no counter as it is', () => {
    for (const { where, query } of all)
      for (const { metric, functions } of parsed(query).metrics) {
        const [by = ''] = functions
        const isCounter = everything.get(metric)!.type === 'counter'
        const isRight = (
          isCounter ? /^(rate|increase|max_over_time)$/ : /^(?!rate$|increase$)/
        ).test(by)
        expect(isRight, `${where}: ${metric} by ${by}`).to.equal(true)
      }
  })

  it('choose and group by labels that the metrics have', () => {
    for (const { where, query } of all) {
      const { metrics, groupedBy } = parsed(query)
      const has = metrics.flatMap(({ metric }) => [...everything.get(metric)!.labels])
      for (const { metric, labels } of metrics)
        for (const label of labels)
          expect([...everything.get(metric)!.labels, ...ATTACHED], where).to.include(label)
      for (const label of groupedBy) expect([...has, ...ATTACHED], where).to.include(label)
    }
  })

  it('name series by labels that are left', () => {
    for (const { where, query } of all) {
      const wanted = [...query.legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label)
      for (const label of wanted) expect(parsed(query).groupedBy, where).to.include(label)
    }
  })

  it('say in sentences what each panel shows', () => {
    for (const board of boards)
      for (const { id, title, description } of panelsOf(board)) {
        expect(title, `${board.uid} ${id}`).to.match(/^[A-Z].*[^.]$/)
        expect(description, `${board.uid} ${id}`).to.match(/^[A-Z`].{10,}[.]$/s)
      }
  })

  it('have names that tell them apart', () => {
    const uids = boards.map(({ uid }) => uid)
    expect(new Set(uids).size).to.equal(uids.length)
    for (const board of boards) {
      const ids = panelsOf(board).map(({ id }) => id)
      expect(new Set(ids).size, board.uid).to.equal(ids.length)
      for (const uid of [board.uid, ...ids]) expect(uid).to.match(/^[a-z][a-z0-9-]{1,39}$/)
    }
  })

  it('use only the variables that they offer', () => {
    for (const board of boards)
      for (const panel of panelsOf(board))
        for (const { expr } of panel.queries)
          for (const [, name] of expr.matchAll(/\$(run|name|node)\b/g))
            expect(board.variables, `${board.uid} ${panel.id}`).to.include(name)
  })

  it('apply where there is something of theirs', () => {
    const applying = (...names: string[]) => {
      const metrics = new Set(names.flatMap((name) => [...pages.get(name)!.keys()]))
      return boards.filter((board) => boardApplies(board, metrics)).map(({ uid }) => uid)
    }
    expect(applying('chroma-1.5.9-otlp')).to.deep.equal(['aibench-chroma'])
    expect(applying('vllm-0.32.0')).to.include('aibench-vllm').and.not.include('aibench-chroma')
    const isThere = (expr: string) => queryApplies({ expr, legend: '' }, new Set(['b']))
    expect([isThere('a{} or b{}'), isThere('a{} / b{}')]).to.deep.equal([true, false])
  })
})
