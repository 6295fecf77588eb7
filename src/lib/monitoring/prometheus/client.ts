import {
  AibenchError,
  EnvironmentError,
  isErrno,
  UnreachableError,
  UsageError,
} from '../../platform/errors.js'
import type { Http, HttpAnswer } from '../../platform/http.js'
import type { StoreAddress } from '../store.js'

/** What a query found: one line over time. */
export interface Series {
  labels: Record<string, string>
  samples: Sample[]
}

export interface Sample {
  /** Milliseconds since 1970. */
  at: number
  /** Also NaN and the infinities. Of a native histogram the number of its observations. */
  value: number
}

export interface Span {
  /** Milliseconds since 1970. */
  start: number
  end: number
  /** Milliseconds. */
  step: number
}

/** A target as Prometheus sees it. */
export interface ActiveTarget {
  /** `scrapePool`: what its group is called in the configuration. */
  pool: string
  url: string
  labels: Record<string, string>
  health: 'up' | 'down' | 'unknown'
  /** Empty when all is well. */
  lastError: string
  /** Null before the first. */
  lastScrapeAt: string | null
  /** Seconds. */
  lastScrapeSeconds: number
}

interface RuntimeInfo {
  /** Whether the configuration that is on disk was taken when it was last read. */
  reloadConfigSuccess: boolean
  lastConfigTime: string
}

/** Prometheus' HTTP API. What it refuses is thrown in its own words. */
export class PrometheusApi {
  constructor(
    private readonly http: Http,
    readonly address: StoreAddress,
  ) {}

  /** @throws UsageError for a query that it does not take or can't answer; UnreachableError, EnvironmentError of the rest, as all here */
  async query(promql: string, at?: number): Promise<Series[]> {
    const asked: Record<string, string> = { query: promql }
    if (at !== undefined) asked.time = seconds(at)
    return seriesIn(await this.get<QueryData>('query', asked))
  }

  async queryRange(promql: string, { start, end, step }: Span): Promise<Series[]> {
    const span = { start: seconds(start), end: seconds(end), step: seconds(step) }
    return seriesIn(await this.get<QueryData>('query_range', { query: promql, ...span }))
  }

  /** The names of the metrics that have samples between two moments. */
  async metricNames(start: number, end: number): Promise<Set<string>> {
    const span = { start: seconds(start), end: seconds(end) }
    return new Set(await this.get<string[]>('label/__name__/values', span))
  }

  async targets(): Promise<ActiveTarget[]> {
    const { activeTargets } = await this.get<{ activeTargets: RawTarget[] }>('targets', {
      state: 'active',
    })
    return activeTargets.map((raw) => ({
      pool: raw.scrapePool,
      url: raw.scrapeUrl,
      labels: raw.labels,
      health: raw.health,
      lastError: raw.lastError,
      // What was never asked was asked in the year 1, it says.
      lastScrapeAt: raw.lastScrape.startsWith('0001-') ? null : raw.lastScrape,
      lastScrapeSeconds: raw.lastScrapeDuration,
    }))
  }

  async version(): Promise<string> {
    return (await this.get<{ version: string }>('status/buildinfo')).version
  }

  async runtimeInfo(): Promise<RuntimeInfo> {
    return this.get<RuntimeInfo>('status/runtimeinfo')
  }

  /**
   * Reads the configuration again; when it is not taken, that which was goes on.
   * @returns why it was not taken, in its words; null when it was
   */
  async reload(): Promise<string | null> {
    const { status, body } = await this.call('POST', '/-/reload', RELOAD_MS)
    if (status === 200) {
      const { reloadConfigSuccess } = await this.runtimeInfo()
      return reloadConfigSuccess ? null : 'it did not take its configuration, and does not say why'
    }
    if (status === 500) return body.trim()
    throw this.refusal({ status, body })
  }

  private async get<Data>(path: string, asked: Record<string, string> = {}): Promise<Data> {
    const search = new URLSearchParams(asked).toString()
    const answer = await this.call('GET', `/api/v1/${path}?${search}`, CALL_MS)
    const { data } = parsed(answer.body) as { data?: Data }
    if (answer.status === 200 && data !== undefined) return data
    throw this.refusal(answer)
  }

  private async call(method: 'GET' | 'POST', path: string, timeoutMs: number): Promise<HttpAnswer> {
    const { url, authorization } = this.address
    try {
      return await this.http.call(method, url + path, { headers: { authorization }, timeoutMs })
    } catch (error) {
      if (isErrno(error, 'EMSGSIZE'))
        throw new UsageError('The answer is longer than 8 MB: ask for less', { cause: error })
      throw new UnreachableError(`Prometheus does not answer at ${url}`, {
        ...{ cause: error, evidence: (error as Error).message },
      })
    }
  }

  private refusal({ status, body }: HttpAnswer): AibenchError {
    const { error, errorType } = parsed(body) as { error?: string; errorType?: string }
    const said = error ?? body.trim().slice(0, 500)
    const { url } = this.address
    if (status === 400 || status === 422 || status === 413)
      return new UsageError(`Prometheus refuses the query: ${said}`, {
        code: `AIB_QUERY_${(errorType ?? 'refused').toUpperCase()}`,
      })
    if (status === 401 || status === 403)
      return new EnvironmentError(`Prometheus at ${url} does not take the password`, {
        ...{ code: 'AIB_MONITORS_PASSWORD', evidence: `HTTP ${status}: ${said}` },
      })
    return new UnreachableError(`Prometheus at ${url} can not answer`, {
      evidence: `HTTP ${status}: ${said}`,
    })
  }
}

/** A query is given up after two minutes by Prometheus itself. */
const CALL_MS = 30_000
const RELOAD_MS = 20_000

interface RawTarget {
  scrapePool: string
  scrapeUrl: string
  labels: Record<string, string>
  health: 'up' | 'down' | 'unknown'
  lastError: string
  lastScrape: string
  lastScrapeDuration: number
}

type RawSample = [at: number, text: string]
type RawHistogram = [at: number, histogram: { count: string }]

interface RawSeries {
  metric: Record<string, string>
  value?: RawSample
  values?: RawSample[]
  histogram?: RawHistogram
  histograms?: RawHistogram[]
}

type QueryData =
  | { resultType: 'vector' | 'matrix'; result: RawSeries[] }
  | { resultType: 'scalar' | 'string'; result: RawSample }

function seriesIn(data: QueryData): Series[] {
  if (isOne(data)) return [{ labels: {}, samples: [sampleOf(data.result)] }]
  return data.result.map(({ metric, value, values = [], histogram, histograms = [] }) => {
    const counted = histogram ? [histogram] : histograms
    return {
      labels: metric,
      samples: [
        ...(value ? [value] : values).map(sampleOf),
        ...counted.map(([at, { count }]) => sampleOf([at, count])),
      ].sort((a, b) => a.at - b.at),
    }
  })
}

function isOne(data: QueryData): data is Extract<QueryData, { result: RawSample }> {
  return data.resultType === 'scalar' || data.resultType === 'string'
}

function sampleOf([at, text]: RawSample): Sample {
  return { at: Math.round(at * 1000), value: numberOf(text) }
}

function numberOf(text: string): number {
  if (text === '+Inf') return Infinity
  return text === '-Inf' ? -Infinity : Number(text)
}

function seconds(ms: number): string {
  return String(ms / 1000)
}

function parsed(body: string): object {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
