import { gzipSync } from 'node:zlib'
import type { Series, Span } from './chart.js'
import { thinned } from './thinned.js'
import type { Unit } from './unit.js'

/**
 * What a page has for its script (`browser/`), which draws the charts again: as wide as they are shown, under the pointer, zoomed. All charts of
 * a page share their moments, so that what is pointed at in one is seen in all.
 */
export interface Figures {
  times: readonly number[]
  /** What is looked at before anybody zooms. ms since 1970. */
  from: number
  to: number
  charts: readonly LiveChart[]
}

/** The n-th belongs to the element with `data-chart="n"`, which has a `.plot`, and a `.legend` with a `data-s` for each series. */
export interface LiveChart {
  kind: 'lines' | 'stacked' | 'states' | 'alarms'
  label: string
  unit: Unit
  height: number
  series: readonly Series[]
  spans: readonly Span[]
}

/** With fewer moments: see {@link thinned}. */
export function coarser(figures: Figures, most: number): Figures {
  const charts = figures.charts.map((chart) => {
    const { times, series } = thinned(figures.times, chart.series, most)
    return { times, chart: { ...chart, series } }
  })
  return {
    ...figures,
    times: charts[0]?.times ?? figures.times,
    charts: charts.map((one) => one.chart),
  }
}

/** Figures as text that stands in a page: what a browser reads with `DecompressionStream`. Of values four digits are kept. */
export function packed(figures: Figures): string {
  const charts = figures.charts.map((chart) => ({
    ...chart,
    series: chart.series.map(({ name, values }) => ({ name, values: values.map(fourDigits) })),
  }))
  return gzipSync(JSON.stringify({ ...figures, charts }), { level: 9 }).toString('base64')
}

const fourDigits = (value: number | null): number | null =>
  value === null ? null : Number(value.toPrecision(4))
