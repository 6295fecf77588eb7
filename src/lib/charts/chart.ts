import type { Unit } from './unit.js'

/** Values at moments that all series of a chart share; null where there is none: a gap, never a line across it. */
export interface Series {
  name: string
  values: readonly (number | null)[]
}

/** A stretch of time that is shaded behind the lines: the phase of a run. */
export interface Span {
  /** ms since 1970. */
  from: number
  to: number
  label: string
  tone: 'before' | 'main' | 'after'
}

export interface TimeChart {
  /** For who can't see it. */
  label: string
  unit: Unit
  /** Of the values: ms since 1970, ascending. */
  times: readonly number[]
  series: readonly Series[]
  spans?: readonly Span[]
  /** What is looked at: all of it, or what was zoomed into. ms since 1970. */
  from: number
  to: number
  /** Pixels. */
  width: number
  height: number
}

/** Where the lines are within the picture, in pixels: the pointer is translated with it. */
export interface Plot {
  left: number
  right: number
  top: number
  bottom: number
}

export interface Drawing {
  svg: string
  plot: Plot
}

/** As many colours as `style.ts` has; after them they come again, dashed. */
export const COLOURS = 10

/** Classes of the n-th series, for its line and for its mark in a legend. */
export function seriesClass(index: number): string {
  return `s${index % COLOURS}${index >= COLOURS ? ' again' : ''}`
}
