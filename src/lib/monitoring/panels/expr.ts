/** The PromQL that several boards have in common. */
import type { Query } from './panel.js'

/** Of what servers and nodes tell; of what clients push. */
export const SERVED = 'name=~"$name",node=~"$node"'
export const CLIENT = 'run=~"$run",name=~"$name"'

/** What a counter rises by a second. */
export const rate = (counter: string, matchers: string): string =>
  `rate(${counter}{${matchers}}[$__rate_interval])`

interface Distribution {
  /** The name of the histogram, without `_bucket`. */
  histogram: string
  matchers: string
  /** Labels that stay apart. */
  by: readonly string[]
  /** Before the name of each quantile. */
  legend: string
}

/** As close as the buckets allow. */
export function quantiles(of: Distribution, wanted: readonly number[]): Query[] {
  const labels = ['le', ...of.by].join(', ')
  const buckets = `sum by (${labels}) (${rate(`${of.histogram}_bucket`, of.matchers)})`
  return wanted.map((quantile) => ({
    expr: `histogram_quantile(${quantile}, ${buckets})`,
    legend: `${of.legend} p${quantile * 100}`,
  }))
}

/** Exact, whatever the buckets. */
export function mean({ histogram, matchers, by, legend }: Distribution): Query {
  const of = (part: string): string =>
    `sum by (${by.join(', ')}) (${rate(`${histogram}_${part}`, matchers)})`
  return { expr: `${of('sum')} / ${of('count')}`, legend: `${legend} mean` }
}

/**
 * Several services of one node bring its figures, each its own copy: what is the same but for who brought it counts once.
 * `by` are the labels by which the parts of a node differ.
 */
export const once = (by: readonly string[], expr: string): string =>
  `max by (${by.join(', ')}) (${expr})`
