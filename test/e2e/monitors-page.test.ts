import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BrowserPage, findBrowser, type View } from '../support/browser.js'
import { board, END, pageOf, panel, START, store } from '../support/page.js'
import { needs } from '../support/require.js'

const VIEW: View = { width: 1280, height: 900 }

/** The page of `monitors view`, looked at by a real browser. */
describe('the page of the monitors in a browser', () => {
  let program = ''
  let dir = ''
  let url = ''

  before(async function () {
    program = (await findBrowser()) ?? ''
    needs(this, 'browser', program !== '', 'there is no chromium on PATH, and no AIBENCH_CHROMIUM')
    dir = await mkdtemp(join(tmpdir(), 'aibench-page-'))
    url = `file://${join(dir, 'page.html')}`
    await writeFile(join(dir, 'page.html'), await example())
  })

  after(() => rm(dir, { recursive: true, force: true }))

  it('asks for nothing but itself, and its script complains of nothing', async () => {
    await using page = await open()
    expect(page.asked.filter((one) => !one.startsWith('data:'))).to.deep.equal([url])
    expect(page.complaints).to.deep.equal([])
  })

  it('is kept by its policy from asking anything of the network', async () => {
    await using page = await open()
    const ask = `fetch('http://127.0.0.1:9/').then(() => 'asked', () => 'refused')`
    expect(await page.value(ask)).to.equal('refused')
    expect(page.asked.some((one) => one.startsWith('http'))).to.equal(false)
    expect(page.complaints.join()).to.include('Content Security Policy')
  })

  it('has charts as wide as their cards, on a desk and on a telephone, and nothing sticks out', async () => {
    for (const width of [390, 800, 1280, 2200]) {
      await using page = await open({ ...VIEW, width })
      const sticksOut = `document.documentElement.scrollWidth > innerWidth`
      expect(await page.value(sticksOut), `${width} pixels`).to.equal(false)
      expect(await page.value(FITS), `${width} pixels`).to.equal(true)
    }
  })

  it('is light or dark as the system asks, and the other at a click', async () => {
    const ground = `getComputedStyle(document.body).backgroundColor`
    await using light = await open()
    await using dark = await open({ ...VIEW, scheme: 'dark' })
    const [bright, dim] = [await light.value(ground), await dark.value(ground)]
    expect(bright).not.to.equal(dim)
    await light.value(`document.querySelector('.theme').click()`)
    expect(await light.value(ground)).to.equal(dim)
    await dark.value(`document.querySelector('.theme').click()`)
    expect(await dark.value(ground)).to.equal(bright)
  })

  it('shows the moment under the pointer in every chart', async () => {
    await using page = await open()
    const { x, y } = await page.value<{ x: number; y: number }>(middleOf('[data-chart="0"] .plot'))
    await page.mouse('mouseMoved', x, y)
    await page.until(`document.querySelectorAll('.pointer').length >= 2`)
    const told = await page.value<string[]>(
      `[...document.querySelectorAll('.legend th.now')].map((one) => one.textContent)`,
    )
    expect(new Set(told).size).to.equal(1)
    expect(told[0]).to.match(/^14:0[23]:\d\d$/)
    expect(await page.value(`document.querySelectorAll('.pointer').length`)).to.be.at.least(2)
    expect(
      await page.value(`document.querySelector('[data-chart="0"] [data-s="0"] .now').textContent`),
    ).to.match(/^\d.* ms$/)
    await page.mouse('mouseMoved', 5, 5)
    expect(await page.value(`document.querySelector('.legend th.now').textContent`)).to.equal(
      'last',
    )
  })

  it('looks closer where it is dragged over, in all charts, and back', async () => {
    await using page = await open()
    const ticks = `[...document.querySelectorAll('[data-chart="1"] .plot text')].map((one) => one.textContent).filter((text) => /^\\d\\d:/.test(text))`
    const whole = await page.value<string[]>(ticks)
    const { x, y } = await page.value<{ x: number; y: number }>(middleOf('[data-chart="0"] .plot'))
    await page.mouse('mouseMoved', x, y)
    await page.mouse('mousePressed', x, y)
    await page.mouse('mouseMoved', x + 60, y)
    await page.mouse('mouseReleased', x + 60, y)
    await page.until(`JSON.stringify(${ticks}) !== ${JSON.stringify(JSON.stringify(whole))}`)
    const part = await page.value<string[]>(ticks)
    expect(part[0]).to.match(/^14:0[23]:\d\d$/)
    expect(await page.value(`document.querySelector('.whole').hidden`)).to.equal(false)
    await page.value(`document.querySelector('.whole').click()`)
    await page.until(`JSON.stringify(${ticks}) === ${JSON.stringify(JSON.stringify(whole))}`)
  })

  it('shows one line alone when its name is clicked, and all at another click', async () => {
    await using page = await open()
    const lines = `[...document.querySelectorAll('[data-chart="0"] path.line')].filter((one) => one.getAttribute('d') !== '').length`
    const name = `document.querySelector('[data-chart="0"] [data-s="1"] button').click()`
    expect(await page.value(lines)).to.equal(3)
    await page.value(name)
    await page.until(`${lines} === 1`)
    await page.value(name)
    await page.until(`${lines} === 3`)
  })

  it('has its pictures also where no script runs', async () => {
    await using page = await open({ ...VIEW, withoutScripts: true }, false)
    const lines = `[...document.querySelectorAll('path.line')].map((one) => one.getAttribute('d').length)`
    const found = await page.value<number[]>(lines)
    expect(found.length).to.be.at.least(4)
    for (const length of found) expect(length).to.be.greaterThan(20)
    expect(
      await page.value(`getComputedStyle(document.querySelector('.theme')).visibility`),
    ).to.equal('hidden')
  })

  async function open(view: View = VIEW, isAwaited = true): Promise<BrowserPage> {
    const page = await BrowserPage.open(program, url, view)
    if (isAwaited)
      await page.until(
        `document.documentElement.dataset.ready !== undefined && ${IS_DRAWN} && ${FITS}`,
      )
    return page
  }
})

/** By the script: what was there before it is this wide. */
const IS_DRAWN = `document.querySelector('.plot svg[width="560"]') === null`

/** A busy browser takes its time until every chart is as wide as its card. */
const FITS = `[...document.querySelectorAll('.plot')].every((plot) =>
  Math.abs(plot.clientWidth - plot.querySelector('svg').getBoundingClientRect().width) <= 1)`

const middleOf = (selector: string) => `(() => {
  const box = document.querySelector('${selector}').getBoundingClientRect()
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
})()`

async function example(): Promise<string> {
  const line = (name: string, height: number) => ({
    labels: { name },
    told: (at: number) => (at % 97_000 < 5_000 ? null : height * (1.5 + Math.sin(at / 20_000))),
  })
  const phase = (name: string, from: number, to: number) => ({
    labels: { run: 'c19d', phase: name },
    told: (at: number) => (at >= from && at <= to ? 1 : null),
  })
  const { answers } = store({
    a: [line('p50', 0.05), line('p90', 0.1), line('p99', 0.2)],
    b: [line('llama8b', 40)],
    up: [{ labels: { name: 'llama8b' }, told: (at) => (at < START + 60_000 ? 0 : 1) }],
    aibench_run_info: [
      phase('warm-up', START, START + 60_000),
      phase('measure', START + 60_000, END),
    ],
  })
  const legend = '{{name}}'
  return pageOf(answers, [
    board([
      panel({ title: 'Time to first token' }),
      panel({
        id: 'two',
        title: 'Requests',
        unit: 'requests/s',
        queries: [{ expr: 'b{}', legend }],
      }),
      panel({ id: 'three', title: 'Up', kind: 'bands', queries: [{ expr: 'up{}', legend }] }),
      panel({ id: 'four', title: 'Now', kind: 'stat', queries: [{ expr: 'a{}', legend }] }),
      panel({ id: 'five', title: 'Refused', queries: [{ expr: 'broken{}', legend }] }),
    ]),
  ])
}
