import type { Http } from '../../platform/http.js'
import type { StoreAddress } from '../store.js'
import { timesOf, type Answer, type Answers, type Grid } from './collect.js'

interface Matrix {
  metric: Record<string, string>
  values: [number, string][]
}

/** What a page asks, of Prometheus' HTTP API. @throws Error with what Prometheus says of a query */
export function answersOf(http: Http, { url, authorization }: StoreAddress): Answers {
  const get = async <T>(path: string, parameters: Record<string, string>): Promise<T> => {
    const { status, body } = await http.call(
      'GET',
      `${url}${path}?${new URLSearchParams(parameters)}`,
      {
        headers: authorization === '' ? {} : { authorization },
        timeoutMs: 60_000,
      },
    )
    const answer = parsed(body)
    if (answer?.status === 'success') return answer.data as T
    throw new Error(answer?.error ?? `HTTP ${status} from ${url}${path}`)
  }
  return {
    async range(expr, grid) {
      const { result } = await get<{ result: Matrix[] }>('/api/v1/query_range', {
        query: expr,
        start: String(grid.from / 1000),
        end: String(grid.to / 1000),
        step: String(grid.stepMs / 1000),
      })
      return result.map((series) => onGrid(series, grid))
    },
    metricNames: ({ from, to }) =>
      get<string[]>('/api/v1/label/__name__/values', {
        start: String(from / 1000),
        end: String(to / 1000),
      }),
  }
}

/** Values that are no numbers (0 divided by 0, a percentile beyond the last bucket) are gaps. */
function onGrid({ metric, values }: Matrix, grid: Grid): Answer {
  const at = new Map(values.map(([seconds, value]) => [Math.round(seconds * 1000), Number(value)]))
  return {
    labels: metric,
    values: timesOf(grid).map((time) => {
      const value = at.get(time)
      return value !== undefined && Number.isFinite(value) ? value : null
    }),
  }
}

function parsed(body: string): { status: string; error?: string; data?: unknown } | undefined {
  try {
    return JSON.parse(body) as { status: string; error?: string; data?: unknown }
  } catch {
    return undefined
  }
}
