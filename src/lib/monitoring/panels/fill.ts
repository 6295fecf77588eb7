/** What takes the place of the variables of a query, as Grafana would fill them. */
export interface Filling {
  /** None: all. */
  run?: string | readonly string[]
  name?: string | readonly string[]
  node?: string | readonly string[]
  rateIntervalMs: number
  /** The length of the whole range that is looked at. */
  rangeMs: number
}

const VARIABLE = /\$(__rate_interval|__range|run|name|node)\b/g

/** PromQL that Prometheus takes. Values stand between the quotes of a `=~` matcher: nothing in them has a meaning of its own there. */
export function fill(expr: string, filling: Filling): string {
  return expr.replace(VARIABLE, (_whole, name: string) => {
    if (name === '__rate_interval') return duration(filling.rateIntervalMs)
    if (name === '__range') return duration(filling.rangeMs)
    return matcher(filling[name as 'run' | 'name' | 'node'])
  })
}

/**
 * How far back a rate looks: four scrapes at least, so that a lost one leaves no gap, and no less than a step, so that nothing falls between
 * two points. Grafana's `$__rate_interval`.
 */
export function rateIntervalMs(range: { stepMs: number; scrapeIntervalMs: number }): number {
  return Math.max(4 * range.scrapeIntervalMs, range.stepMs + range.scrapeIntervalMs)
}

/** A legend with the values of a series' labels in it. */
export function fillLegend(legend: string, labels: Readonly<Record<string, string>>): string {
  return legend
    .replace(/\{\{\s*(\w+)\s*\}\}/g, (_whole, label: string) => labels[label] ?? '')
    .replace(/\s+/g, ' ')
    .trim()
}

const duration = (ms: number): string =>
  ms % 1000 === 0 ? `${ms / 1000}s` : `${Math.max(1, Math.round(ms))}ms`

function matcher(value: string | readonly string[] | undefined): string {
  const values = value === undefined ? [] : [value].flat()
  return values.length === 0 ? '.*' : values.map((text) => quoted(escaped(text))).join('|')
}

/** For a regular expression of RE2, which is anchored at both ends by Prometheus. */
const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

const quoted = (text: string): string =>
  text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n').replace(/\r/g, '\\r')
