import { tickStep } from 'd3-array'
import { utcTicks } from 'd3-time'
import type { Plot } from './chart.js'
import { element, textWidth } from './svg.js'
import { scaleOf, type Unit } from './unit.js'

export interface Axis {
  low: number
  high: number
  ticks: { value: number; text: string }[]
}

/**
 * From zero on, to the first round number above the largest value. Most of a share is drawn out of the whole.
 * Round are the numbers that are written: 512 MiB, 10 ms.
 */
export function valueAxis(unit: Unit, smallest: number, largest: number, count = 4): Axis {
  let top = Math.max(largest, 0)
  const bottom = Math.min(smallest, 0)
  if (top === 0 && bottom === 0) top = unit === 'seconds' ? 1e-3 : 1
  // Counters of time run a little ahead or behind: 101 % is drawn at the edge, and told in figures.
  if (unit === 'ratio' && top > 0.5 && top < 1.03) top = 1
  const { divisor, suffix } = scaleOf(unit, Math.max(top, -bottom))
  const step = tickStep(bottom / divisor, top / divisor, count)
  const [first, last] = [
    Math.floor(bottom / divisor / step),
    Math.ceil(top / divisor / step - 1e-9),
  ]
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9))
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => {
    const value = (first + index) * step
    const text = value === 0 ? '0' : grouped(value.toFixed(decimals)) + suffix
    return { value: value * divisor, text }
  })
  return { low: ticks[0].value, high: ticks.at(-1)!.value, ticks }
}

/** As many as have room: d3 takes the number for a wish. UTC: what was measured on a cluster is looked at from elsewhere. */
export function timeTicks(from: number, to: number, width: number): { at: number; text: string }[] {
  for (let count = Math.min(14, Math.max(2, Math.floor(width / 70))); count > 1; count--) {
    const ticks = utcTicks(new Date(from), new Date(to), count).map(Number)
    const step = ticks.length > 1 ? ticks[1] - ticks[0] : to - from
    const told = ticks.map((at) => ({ at, text: momentText(at, step) }))
    const widest = Math.max(...told.map(({ text }) => textWidth(text)))
    if (count === 2 || (step / (to - from)) * width > widest + 12) return told
  }
  return []
}

/** `14:05`, `14:05:30`, `14:05:30.250`, `27 Nov`: as exact as steps of so many ms need. */
export function momentText(at: number, stepMs: number): string {
  const [date, clock] = new Date(at).toISOString().split('T')
  if (at % 86_400_000 === 0 && stepMs >= 60_000) return dayText(date)
  if (stepMs < 1000) return clock.slice(0, 12)
  return clock.slice(0, stepMs < 60_000 ? 8 : 5)
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** `27 Nov`, of an ISO date. */
function dayText(date: string): string {
  const [, month, day] = date.split('-').map(Number)
  return `${day} ${MONTHS[month - 1]}`
}

/** Lines across, their values on the left. */
export function drawValueAxis(axis: Axis, plot: Plot, y: (value: number) => number): string {
  return axis.ticks
    .map(({ value, text }) => {
      const line = element('path', {
        class: value === 0 ? 'zero' : 'grid',
        d: `M${plot.left} ${Math.round(y(value)) + 0.5}H${plot.right}`,
      })
      const at = { x: plot.left - 8, y: y(value) + 3.8, 'text-anchor': 'end' }
      return line + element('text', at, text)
    })
    .join('')
}

/** The moments below; none that would stick out on a side. */
export function drawTimeAxis(from: number, to: number, plot: Plot): string {
  const x = (at: number) => plot.left + ((at - from) / (to - from)) * (plot.right - plot.left)
  return timeTicks(from, to, plot.right - plot.left)
    .map(({ at, text }) => {
      const half = textWidth(text) / 2
      const mark = element('path', {
        class: 'tick',
        d: `M${Math.round(x(at)) + 0.5} ${plot.bottom}v4`,
      })
      if (x(at) + half > plot.right + 12) return mark
      return (
        mark + element('text', { x: x(at), y: plot.bottom + 16, 'text-anchor': 'middle' }, text)
      )
    })
    .join('')
}

const grouped = (digits: string): string => {
  const [whole, fraction] = digits.split('.')
  const parted = whole.replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f')
  return fraction === undefined ? parted : `${parted}.${fraction}`
}
