import { bisectCenter } from 'd3-array'
import { momentText } from '../axes.js'
import type { Drawing } from '../chart.js'
import type { Figures, LiveChart } from '../interactive.js'
import { lineChart } from '../line-chart.js'
import { stateChart } from '../state-chart.js'
import { valueText } from '../unit.js'

interface Range {
  from: number
  to: number
}

/** A chart in its card: drawn again when it is looked at otherwise, with a line under the pointer and the values there in its legend. */
export class CardChart {
  onPoint: (at: number | null) => void = () => undefined
  onZoom: (range: Range) => void = () => undefined
  onWhole: () => void = () => undefined

  readonly #place: HTMLElement
  readonly #line = document.createElement('div')
  readonly #drag = document.createElement('div')
  readonly #legend: { row: HTMLElement; value: HTMLElement; last: string; index: number }[]
  readonly #head: HTMLElement | null
  readonly #hidden = new Set<number>()
  #range: Range
  #drawing: Drawing | undefined
  #width = 0
  #isInView = false
  #isStale = true
  #from: number | null = null

  constructor(
    readonly card: HTMLElement,
    private readonly chart: LiveChart,
    private readonly figures: Figures,
  ) {
    this.#place = card.querySelector('.plot')!
    this.#range = figures
    this.#line.className = 'pointer'
    this.#drag.className = 'drag'
    this.#head = card.querySelector('.legend .now')
    this.#legend = [...card.querySelectorAll<HTMLElement>('.legend [data-s]')].map((row) => {
      const value = row.querySelector<HTMLElement>('.now')!
      return { row, value, last: value.textContent, index: Number(row.dataset.s) }
    })
    this.#place.addEventListener('pointermove', (event) => this.#moved(event))
    this.#place.addEventListener('pointerleave', () => this.onPoint(null))
    this.#place.addEventListener('pointerdown', (event) => this.#pressed(event))
    this.#place.addEventListener('pointerup', (event) => this.#released(event))
    this.#place.addEventListener('pointercancel', () => this.#endDrag())
    this.#place.addEventListener('dblclick', () => this.onWhole())
    for (const { row, index } of this.#legend)
      row
        .querySelector('button')
        ?.addEventListener('click', (event) =>
          this.#choose(index, event.ctrlKey || event.metaKey || event.shiftKey),
        )
  }

  /** What nobody sees is drawn when it comes near. */
  set isInView(isIt: boolean) {
    this.#isInView = isIt
    if (isIt && this.#isStale) this.#draw()
  }

  look(range: Range): void {
    this.#range = range
    this.#redraw()
  }

  fit(): void {
    if (Math.abs(this.#place.clientWidth - this.#width) > 1) this.#redraw()
  }

  /** Shows the moment, in the chart and in its legend; none: what is last. */
  point(at: number | null): void {
    const plot = this.#drawing?.plot
    if (at === null || !plot || !this.#isInView || at < this.#range.from || at > this.#range.to) {
      this.#line.remove()
      for (const { value, last } of this.#legend) value.textContent = last
      if (this.#head) this.#head.textContent = 'last'
      return
    }
    const { times } = this.figures
    const index = bisectCenter(times as number[], at)
    const share = (times[index] - this.#range.from) / (this.#range.to - this.#range.from)
    this.#line.style.left = `${plot.left + share * (plot.right - plot.left)}px`
    this.#line.style.top = `${plot.top}px`
    this.#line.style.height = `${plot.bottom - plot.top}px`
    this.#place.append(this.#line)
    for (const { value, index: series } of this.#legend)
      value.textContent = valueText(this.chart.unit, this.chart.series[series].values[index])
    if (this.#head) this.#head.textContent = momentText(times[index], 1000)
  }

  #redraw(): void {
    this.#isStale = true
    if (this.#isInView) this.#draw()
  }

  #draw(): void {
    const { kind, label, unit, height, series, spans } = this.chart
    const width = this.#place.clientWidth
    if (width === 0) return
    this.#isStale = false
    this.#width = width
    // What is hidden keeps its place: colours stay with their series.
    const shown = series.map((one, index) =>
      this.#hidden.has(index) ? { name: one.name, values: one.values.map(() => null) } : one,
    )
    const about = { label, times: this.figures.times, series: shown, spans, width, ...this.#range }
    const drawing =
      kind === 'states' || kind === 'alarms'
        ? stateChart({ ...about, isAlarm: kind === 'alarms' })
        : lineChart({ ...about, unit, height, isStacked: kind === 'stacked' })
    this.#drawing = drawing
    this.#place.innerHTML = drawing.svg
  }

  /** The moment under the pointer, within the chart. */
  #at({ clientX }: PointerEvent): number | null {
    const plot = this.#drawing?.plot
    if (!plot) return null
    const x = clientX - this.#place.getBoundingClientRect().left
    const share = Math.min(1, Math.max(0, (x - plot.left) / (plot.right - plot.left)))
    return this.#range.from + share * (this.#range.to - this.#range.from)
  }

  #moved(event: PointerEvent): void {
    const at = this.#at(event)
    this.onPoint(at)
    const plot = this.#drawing?.plot
    if (this.#from === null || at === null || !plot) return
    const x = (moment: number) =>
      plot.left +
      ((moment - this.#range.from) / (this.#range.to - this.#range.from)) * (plot.right - plot.left)
    const [left, right] = [x(Math.min(this.#from, at)), x(Math.max(this.#from, at))]
    Object.assign(this.#drag.style, {
      left: `${left}px`,
      width: `${right - left}px`,
      top: `${plot.top}px`,
      height: `${plot.bottom - plot.top}px`,
    })
    this.#place.append(this.#drag)
  }

  #pressed(event: PointerEvent): void {
    // A finger scrolls the page.
    if (event.button !== 0 || event.pointerType === 'touch') return
    this.#place.setPointerCapture(event.pointerId)
    this.#from = this.#at(event)
  }

  #released(event: PointerEvent): void {
    const [start, end] = [this.#from, this.#at(event)]
    const width = this.#drag.isConnected ? this.#drag.clientWidth : 0
    this.#endDrag()
    if (start === null || end === null || width < 6) return
    const { times } = this.figures
    const least = times.length > 1 ? 4 * (times[1] - times[0]) : 0
    const [from, to] = [Math.min(start, end), Math.max(start, end)]
    if (to - from >= least) this.onZoom({ from, to })
  }

  #endDrag(): void {
    this.#from = null
    this.#drag.remove()
  }

  /** A click shows one alone, another click all again; with a key held, it hides and shows one. */
  #choose(index: number, isToggle: boolean): void {
    const all = this.#legend.map((entry) => entry.index)
    const isAlone = !this.#hidden.has(index) && this.#hidden.size === all.length - 1
    if (isToggle) {
      if (!this.#hidden.delete(index)) this.#hidden.add(index)
    } else {
      this.#hidden.clear()
      if (!isAlone) for (const other of all) if (other !== index) this.#hidden.add(other)
    }
    for (const entry of this.#legend)
      entry.row.classList.toggle('hidden', this.#hidden.has(entry.index))
    this.#redraw()
  }
}
