/**
 * What is worth looking at, as data: from it come Grafana's dashboards, the check that each panel has data, and the page that needs no
 * Grafana.
 */

import type { Unit } from '../../charts/unit.js'

/**
 * `lines`: values over time. `stacked`: parts of one whole over time. `stat`: one number a series, asked for the end of the range alone.
 * `bands`: a row a series, which says when it was 1. `alarms`: the same of what had better be 0.
 */
export type PanelKind = 'lines' | 'stacked' | 'stat' | 'bands' | 'alarms'

export const hasRows = ({ kind }: { kind: PanelKind }): boolean =>
  kind === 'bands' || kind === 'alarms'

export interface Query {
  /**
   * PromQL with `$run`, `$name`, `$node`, `$__rate_interval` and `$__range`: see {@link ./fill.js}. Every metric has its braces, empty
   * ones too: by them it is known as one.
   */
  expr: string
  /** The name of a series, with `{{label}}` for the value of a label. */
  legend: string
}

export interface Panel {
  /** Unique within its board. */
  id: string
  title: string
  /** What is seen, and how to read it. */
  description: string
  unit: Unit
  kind: PanelKind
  queries: readonly Query[]
}

export interface Row {
  title: string
  panels: readonly Panel[]
}

export type Variable = 'run' | 'name' | 'node'

export interface Board {
  /** Part of its address in Grafana, and the name of its file. */
  uid: string
  title: string
  description: string
  /** By what it can be narrowed down. */
  variables: readonly Variable[]
  /** Whether the phases of a run are shaded over its charts. */
  hasPhases: boolean
  rows: readonly Row[]
}

/** When which phase of which run was: shaded over the charts of boards that ask for it. */
export const PHASES: Query = {
  expr: 'max by (run, phase) (aibench_run_info{run=~"$run",name=~"$name"})',
  legend: '{{phase}}',
}

export const panelsOf = (board: Board): Panel[] => board.rows.flatMap(({ panels }) => panels)

/** The metrics that a query asks for. */
export function metricsOf({ expr }: Query): string[] {
  const names = [...expr.matchAll(/([a-zA-Z_:][\w:]*)\{/g)].map(([, name]) => name)
  return [...new Set(names)]
}

/** What says the same in several versions, apart: `a{} or b{}`. */
export function alternativesOf({ expr, legend }: Query): Query[] {
  return expr.split(' or ').map((part) => ({ expr: part, legend }))
}

/** A query applies where all metrics of one of its alternatives are. */
export function queryApplies(query: Query, metrics: ReadonlySet<string>): boolean {
  return alternativesOf(query).some((one) => metricsOf(one).every((name) => metrics.has(name)))
}

export function panelApplies(panel: Panel, metrics: ReadonlySet<string>): boolean {
  return panel.queries.some((query) => queryApplies(query, metrics))
}

/** Whether a board has anything to show of what a store holds. */
export function boardApplies(board: Board, metrics: ReadonlySet<string>): boolean {
  return panelsOf(board).some((panel) => panelApplies(panel, metrics))
}
