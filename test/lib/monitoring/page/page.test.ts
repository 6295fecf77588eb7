import { expect } from 'chai'
import { gunzipSync } from 'node:zlib'
import type { Figures } from '../../../../src/lib/charts/interactive.js'
import { board, END, pageOf, panel, START, store } from '../../../support/page.js'

/** As uneven as what is measured: nothing that a compressor could foresee. */
const noise = (seed: number) => {
  const x = Math.sin(seed * 12.9898) * 43758.5453
  return x - Math.floor(x)
}
const wave = (n: number) => (at: number) => 1 + Math.sin(at / 9000 + n) + noise(at / 1000 + n * 977)
const series = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ labels: { name: `line ${n}` }, told: wave(n) }))

const figuresIn = (html: string): Figures =>
  JSON.parse(
    gunzipSync(Buffer.from(/id="figures">([^<]*)</.exec(html)![1], 'base64')).toString(),
  ) as Figures

describe('the page', () => {
  it('holds nothing that is asked of any other place', async () => {
    const html = await pageOf(store({ a: series(3) }).answers, [board([panel({})])])
    const addresses = html
      .replace(/<script>.*<\/script>/s, '')
      .match(/\b(src|href|url)\b[=(]["']?[^"')\s>]+/g)
    expect(addresses).to.deep.equal(['href="data:,', 'href="#board', 'url(#c56-560-190-8'])
    expect(html).to.include("default-src 'none'")
    expect(html).not.to.match(/@import|@font-face|<link[^>]*stylesheet|<img/)
  })

  it('shows names of others as text, whatever they hold', async () => {
    const evil = '</script><script>alert(1)</script>"\n<b>'
    const told = store({ a: [{ labels: { name: evil }, told: wave(1) }] })
    const states = panel({ id: 'two', kind: 'bands' })
    const numbers = panel({ id: 'three', kind: 'stat' })
    const alarms = panel({ id: 'four', kind: 'alarms' })
    const all = [panel({}), states, numbers, alarms]
    const html = await pageOf(told.answers, [board(all)], '"own script"')
    expect(figuresIn(html).charts.map(({ kind }) => kind)).to.deep.equal([
      ...['lines', 'states', 'alarms'],
    ])
    expect(html).not.to.include('alert(1)</script>').and.not.to.include('<b>"')
    expect(html).to.include('llama8b &#60;b&#62;').and.to.include('&#60;/script&#62;')
    expect(html.match(/<script/g)).to.have.lengthOf(2)
  })

  it('has for its script each value with four digits, at its moment', async () => {
    const html = await pageOf(store({ a: series(2) }).answers, [board([panel({})])])
    const { times, from, to, charts } = figuresIn(html)
    expect([from, to]).to.deep.equal([START, END])
    expect(times).to.have.lengthOf(361)
    expect(charts[0].series[1].values[200]).to.be.closeTo(wave(1)(times[200]), 5e-4 * 4)
  })

  it('stays below 400 KB with many charts of many lines, and keeps their peaks', async () => {
    const all = Array.from({ length: 60 }, (_, n) => n)
    const metrics = all.map((n) => {
      const lines = series(6).map(({ labels }, at) => ({ labels, told: wave(n * 6 + at) }))
      return [`m${n}_`, lines] as const
    })
    const told = Object.fromEntries(metrics)
    told.m0_[0].told = (at) => (at === START + 77_000 ? 42 : 1)
    const panels = all.map((n) =>
      panel({ id: `p${n}`, queries: [{ expr: `m${n}_{}`, legend: '{{name}}' }] }),
    )
    const html = await pageOf(store(told).answers, [board(panels)])
    expect(Buffer.byteLength(html)).to.be.below(400_000)
    expect(html.match(/<svg/g)).to.have.lengthOf(60)
    expect(figuresIn(html).charts[0].series[0].values).to.include(42)
  })

  it('writes numbers large, with their unit small', async () => {
    const told = store({ a: [{ labels: { name: 'in' }, told: () => 7.49e9 }] })
    const html = await pageOf(told.answers, [board([panel({ kind: 'stat', unit: 'tokens' })])])
    expect(html).to.include('<b>7.49<small>G</small></b><span>in</span>')
  })

  it('tells counts to the last one', async () => {
    const told = store({ a: [{ labels: { name: 'ok' }, told: () => 13_084 }] })
    const html = await pageOf(told.answers, [board([panel({ kind: 'stat', unit: 'count' })])])
    expect(html).to.match(/<b>13\s084<\/b>/)
  })

  it('says what Prometheus said, where a query was refused', async () => {
    const broken = panel({ id: 'two', title: 'Two', queries: [{ expr: 'broken{}', legend: '' }] })
    const html = await pageOf(store({ a: series(1) }).answers, [board([broken])])
    expect(html).to.include('1:4: parse error: unexpected &#34;}&#34;')
  })

  it('says that there is nothing, where there is nothing', async () => {
    expect(await pageOf(store({}).answers, [board([panel({})])])).to.include('There are no metrics')
  })
})
