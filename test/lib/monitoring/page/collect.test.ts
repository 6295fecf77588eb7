import { expect } from 'chai'
import { collect, gridOf } from '../../../../src/lib/monitoring/page/collect.js'
import { board, END, panel, START, store } from '../../../support/page.js'

const looking = { from: START, to: END, scrapeIntervalMs: 1000, of: { run: 'c19d', name: 'a"b' } }
const flat = (value: number) => () => value

describe('the figures of a page', () => {
  it('are asked at moments that are round, and none of them in the future', () => {
    const to = START + 3_600_123
    const grid = gridOf({ from: START + 4_321, to, scrapeIntervalMs: 1000 })
    expect(grid).to.deep.equal({ from: START, to: START + 3_600_000, stepMs: 10_000 })
  })

  it('come no closer than the scrapes, and no more than some hundred a line', () => {
    expect(gridOf({ from: START, to: START + 60_000, scrapeIntervalMs: 5000 }).stepMs).to.equal(
      5000,
    )
    for (const hours of [1, 6, 24, 24 * 7, 24 * 400]) {
      const { from, to, stepMs } = gridOf({ ...looking, to: START + hours * 3_600_000 })
      expect((to - from) / stepMs).to.be.within(100, 720)
    }
  })

  it('are asked of the run alone, as text that means nothing in a matcher', async () => {
    const { answers, asked } = store({ a: [{ labels: {}, told: flat(1) }] })
    const queries = [{ expr: 'a{run=~"$run",name=~"$name"}', legend: '' }]
    await collect(answers, [board([panel({ queries })])], looking)
    expect(asked).to.deep.equal(['a{run=~"c19d",name=~"a\\"b"}'])
  })

  it('are not asked of what the store never heard of', async () => {
    const { answers, asked } = store({ b: [{ labels: {}, told: flat(1) }] })
    const { boards } = await collect(answers, [board([panel({})])], looking)
    expect([boards, asked]).to.deep.equal([[], []])
  })

  it('name the panels that have nothing in this time, and draw none of them', async () => {
    const { answers } = store({
      a: [{ labels: {}, told: flat(1) }],
      b: [{ labels: {}, told: () => null }],
    })
    const empty = panel({ id: 'two', title: 'Two', queries: [{ expr: 'b{}', legend: '' }] })
    const { boards } = await collect(answers, [board([panel({}), empty])], looking)
    expect(boards[0].rows[0].panels.map((one) => one.panel.id)).to.deep.equal(['one'])
    expect(boards[0].empty).to.deep.equal(['Two'])
  })

  it('are there for the other panels when one query is refused', async () => {
    const { answers } = store({ a: [{ labels: {}, told: flat(1) }] })
    const broken = panel({ id: 'two', queries: [{ expr: 'broken{}', legend: '' }] })
    const { boards } = await collect(answers, [board([broken, panel({})])], looking)
    const [first, second] = boards[0].rows[0].panels
    expect(first.error).to.equal('1:4: parse error: unexpected "}"')
    expect(second.series).to.have.lengthOf(1)
  })

  it('are those of the highest peaks where there are too many lines', async () => {
    const many = Array.from({ length: 50 }, (_, n) => ({
      labels: { name: `n${n}` },
      told: flat(n),
    }))
    const { boards } = await collect(store({ a: many }).answers, [board([panel({})])], looking)
    const [{ series, omitted }] = boards[0].rows[0].panels
    expect(omitted).to.equal(30)
    expect(series.map(({ name }) => name))
      .to.include('n49')
      .and.not.to.include('n29')
  })

  it('keep every row that was ever down, however many were up', async () => {
    const many = Array.from({ length: 200 }, (_, n) => ({
      labels: { name: `n${n}` },
      told: (_at: number, index: number) => (n === 199 && index > 100 ? 0 : 1),
    }))
    const up = panel({ kind: 'bands', unit: 'count' })
    const { boards } = await collect(store({ a: many }).answers, [board([up])], looking)
    const [{ series }] = boards[0].rows[0].panels
    expect(series.map(({ name }) => name)).to.include('n199')
  })

  it('keep every row of an alarm that was ever on, however many were not', async () => {
    const many = Array.from({ length: 200 }, (_, n) => ({
      labels: { name: `n${n}` },
      told: (_at: number, index: number) => (n === 199 && index > 100 ? 1 : 0),
    }))
    const alarms = panel({ kind: 'alarms', unit: 'count' })
    const { boards } = await collect(store({ a: many }).answers, [board([alarms])], looking)
    const [{ series }] = boards[0].rows[0].panels
    expect(series.map(({ name }) => name)).to.include('n199')
  })

  it('have the phases of a run beside them', async () => {
    const phase = (name: string, from: number, to: number) => ({
      labels: { run: 'c19d', phase: name },
      told: (at: number) => (at >= START + from * 1000 && at < START + to * 1000 ? 1 : null),
    })
    const { answers } = store({
      a: [{ labels: {}, told: flat(1) }],
      aibench_run_info: [
        phase('warm-up', 0, 30),
        phase('measure', 30, 300),
        phase('drain', 300, 310),
      ],
    })
    const { spans } = await collect(answers, [board([panel({})])], looking)
    expect(
      spans.map(({ label, tone, from }) => [label, tone, (from - START) / 1000]),
    ).to.deep.equal([
      ['warm-up', 'before', 0],
      ['measure', 'main', 30],
      ['drain', 'after', 300],
    ])
  })
})
