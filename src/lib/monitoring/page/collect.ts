import type { Series, Span } from '../../charts/chart.js'
import { barsOf } from '../../charts/state-chart.js'
import { fill, fillLegend, rateIntervalMs, type Filling } from '../panels/fill.js'
import {
  boardApplies,
  hasRows,
  PHASES,
  queryApplies,
  type Board,
  type Panel,
  type Query,
} from '../panels/panel.js'

/** What the page asks of a store. @throws what Prometheus says of a query that it does not answer */
export interface Answers {
  range(expr: string, grid: Grid): Promise<readonly Answer[]>
  metricNames(range: { from: number; to: number }): Promise<readonly string[]>
}

/** A series at each moment of the grid. */
export interface Answer {
  labels: Readonly<Record<string, string>>
  values: readonly (number | null)[]
}

/** Moments that all charts of a page share: ms since 1970, both ends included. */
export interface Grid {
  from: number
  to: number
  stepMs: number
}

export interface PanelFigures {
  panel: Panel
  series: readonly Series[]
  /** Series that are not drawn: the smaller ones of very many. */
  omitted: number
  /** What Prometheus said of the query, when it did not answer. */
  error: string | null
}

export interface BoardFigures {
  board: Board
  rows: readonly { title: string; panels: readonly PanelFigures[] }[]
  /** Titles of panels that apply, and have nothing in this stretch of time. */
  empty: readonly string[]
}

export interface Collected {
  grid: Grid
  times: readonly number[]
  boards: readonly BoardFigures[]
  spans: readonly Span[]
}

export interface Looking {
  from: number
  to: number
  scrapeIntervalMs: number
  of: Omit<Filling, 'rateIntervalMs' | 'rangeMs'>
}

/** More lines can't be told apart, and would make the page too large. */
const MOST_SERIES = 20
const MOST_ROWS = 60
/** Points of a line at most: a chart is about as many pixels wide. */
const POINTS = 360
const AT_ONCE = 4
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200]

/** Asks for the figures of every panel that applies to what the store holds of this stretch of time. */
export async function collect(
  answers: Answers,
  boards: readonly Board[],
  looking: Looking,
): Promise<Collected> {
  const grid = gridOf(looking)
  const filling = {
    ...looking.of,
    rateIntervalMs: rateIntervalMs({
      stepMs: grid.stepMs,
      scrapeIntervalMs: looking.scrapeIntervalMs,
    }),
    rangeMs: grid.to - grid.from,
  }
  const metrics = new Set(await answers.metricNames(grid))
  const ask = async (query: Query) => {
    const found = await answers.range(fill(query.expr, filling), grid)
    return found.map(({ labels, values }) => ({ name: fillLegend(query.legend, labels), values }))
  }
  const times = timesOf(grid)
  const spans = queryApplies(PHASES, metrics) ? phasesOf(await ask(PHASES), times) : []
  const found: BoardFigures[] = []
  for (const board of boards.filter((one) => boardApplies(one, metrics))) {
    const rows = []
    for (const { title, panels } of board.rows) {
      const applying = panels
        .map((panel) => ({ panel, queries: panel.queries.filter((q) => queryApplies(q, metrics)) }))
        .filter(({ queries }) => queries.length > 0)
      rows.push({ title, panels: await atOnce(applying, (one) => figuresOf(one, ask)) })
    }
    const figures = boardOf(board, rows)
    // A board whose every metric belongs to others' work says nothing here.
    if (figures.rows.length > 0) found.push(figures)
  }
  return { grid, times, boards: found, spans }
}

/** Steps are round, no shorter than a scrape; both ends lie on the steps, the last not in the future. */
export function gridOf({ from, to, scrapeIntervalMs }: Omit<Looking, 'of'>): Grid {
  const least = Math.max(scrapeIntervalMs, (to - from) / POINTS)
  const stepMs =
    STEPS_S.map((s) => s * 1000).find((ms) => ms >= least) ??
    Math.ceil(least / 86_400_000) * 86_400_000
  const first = Math.floor(from / stepMs) * stepMs
  return { from: first, to: Math.max(first + stepMs, Math.floor(to / stepMs) * stepMs), stepMs }
}

export function timesOf({ from, to, stepMs }: Grid): number[] {
  return Array.from({ length: Math.round((to - from) / stepMs) + 1 }, (_, at) => from + at * stepMs)
}

async function figuresOf(
  { panel, queries }: { panel: Panel; queries: readonly Query[] },
  ask: (query: Query) => Promise<Series[]>,
): Promise<PanelFigures> {
  try {
    const found: Series[] = []
    for (const query of queries) found.push(...(await ask(query)).sort(byName))
    const series = found.filter(({ values }) => values.some((value) => value !== null))
    const drawn = drawnOf(panel, series)
    return { panel, series: drawn, omitted: series.length - drawn.length, error: null }
  } catch (error) {
    // One panel that can't be drawn takes none of the others with it.
    return { panel, series: [], omitted: 0, error: (error as Error).message }
  }
}

function boardOf(board: Board, rows: { title: string; panels: PanelFigures[] }[]): BoardFigures {
  const isEmpty = ({ series, error }: PanelFigures) => series.length === 0 && error === null
  return {
    board,
    rows: rows
      .map(({ title, panels }) => ({ title, panels: panels.filter((one) => !isEmpty(one)) }))
      .filter(({ panels }) => panels.length > 0),
    empty: rows.flatMap(({ panels }) => panels.filter(isEmpty).map(({ panel }) => panel.title)),
  }
}

/** Of very many lines those with the highest peaks; of rows those that were ever what they should not be, in the order in which they begin. */
function drawnOf(panel: Panel, series: readonly Series[]): readonly Series[] {
  if (!hasRows(panel)) return first(series, MOST_SERIES, ({ values }) => -highest(values))
  const unwanted = panel.kind === 'alarms' ? 1 : 0
  const unwantedFirst = ({ values }: Series) => (values.includes(unwanted) ? 0 : 1)
  return [...first(series, MOST_ROWS, unwantedFirst)].sort(byBegin)
}

/** So many, those with the smallest rank, in the order in which they were. */
function first(
  series: readonly Series[],
  most: number,
  rank: (one: Series) => number,
): readonly Series[] {
  if (series.length <= most) return series
  const kept = new Set([...series].sort((a, b) => rank(a) - rank(b)).slice(0, most))
  return series.filter((one) => kept.has(one))
}

const highest = (values: Series['values']): number =>
  values.reduce<number>((a, b) => Math.max(a, b ?? -Infinity), -Infinity)

const byName = (a: Series, b: Series): number =>
  a.name.localeCompare(b.name, 'en', { numeric: true })

/** Phases stand in the order in which they came. */
const byBegin = (a: Series, b: Series): number => beginOf(a) - beginOf(b)
const beginOf = ({ values }: Series): number => values.findIndex((value) => value !== null)

const TONES: Readonly<Record<string, Span['tone']>> = { 'warm-up': 'before', drain: 'after' }

function phasesOf(series: readonly Series[], times: readonly number[]): Span[] {
  return series.flatMap((one) =>
    barsOf(one, times)
      .filter(({ isOn }) => isOn)
      .map(({ from, to }) => ({ from, to, label: one.name, tone: TONES[one.name] ?? 'main' })),
  )
}

/** Some at a time, their answers in the order in which they were asked. */
async function atOnce<T, R>(list: readonly T[], one: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = []
  let next = 0
  const worker = async () => {
    for (let index = next++; index < list.length; index = next++)
      done[index] = await one(list[index])
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return done
}
