import { PrometheusApi, type Series } from '../prometheus/client.js'
import type { Http } from '../../platform/http.js'
import type { StoreAddress } from '../store.js'
import { timesOf, type Answer, type Answers, type Grid } from './collect.js'

/** What a page asks, of Prometheus. */
export function answersOf(http: Http, address: StoreAddress): Answers {
  const api = new PrometheusApi(http, address)
  return {
    async range(expr, grid) {
      const span = { start: grid.from, end: grid.to, step: grid.stepMs }
      return (await api.queryRange(expr, span)).map((series) => onGrid(series, grid))
    },
    metricNames: async ({ from, to }) => [...(await api.metricNames(from, to))],
  }
}

/** Values that are no numbers (0 divided by 0, a percentile beyond the last bucket) are gaps. */
function onGrid({ labels, samples }: Series, grid: Grid): Answer {
  const known = new Map(samples.map(({ at, value }) => [at, value]))
  const values = timesOf(grid).map((at) => {
    const value = known.get(at)
    return value !== undefined && Number.isFinite(value) ? value : null
  })
  return { labels, values }
}
