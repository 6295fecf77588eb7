import { ConnectionPool } from '../../../src/lib/instrument/http/connection-pool.js'
import type { WireRequest } from '../../../src/lib/instrument/http/protocol.js'
import { requestBytes, requestHead } from '../../../src/lib/instrument/http/request-head.js'
import { RequestError } from '../../../src/lib/instrument/http/request-error.js'
import { WholeBody } from '../../../src/lib/instrument/http/whole-body.js'
import type { LoadPlan } from '../../../src/lib/instrument/load/plan.js'
import { RequestTable } from '../../../src/lib/instrument/load/request-table.js'
import {
  scheduleFor,
  type Schedule,
  type Shard,
} from '../../../src/lib/instrument/load/schedule.js'
import type {
  EndedRequest,
  LiveFigures,
  Tally,
  Workload,
} from '../../../src/lib/instrument/load/workload.js'

/** A database that no service of ours is: it is asked for the value of a key, and must give the one that belongs to it. */
export const valueOf = (key: number) => `value of ${key}`

export interface ToyRequest extends WireRequest {
  key: number
}

export class ToyResponse extends WholeBody<ToyRequest> {
  #key = -1

  override begin(request: ToyRequest): void {
    super.begin(request)
    this.#key = request.key
  }

  override verdict(): RequestError | null {
    const value = this.body.toString()
    return value === valueOf(this.#key) ? null : new RequestError('wrong_value', value)
  }
}

export interface ToyRepeat {
  repeat: number
  load: LoadPlan
  count: number
  ratePerSecond?: number
}

export interface ToyConfig {
  runDir: string
  workers: readonly (readonly string[])[]
  url: string
}

const TIMEOUTS = { connectMs: 20_000, firstMs: 20_000, idleMs: 20_000, totalMs: 20_000 }

export const toyPool = (url: URL) =>
  new ConnectionPool({
    url,
    protocol: { newResponse: () => new ToyResponse(), firstTimeoutClass: 'no_value' },
    timeouts: TIMEOUTS,
    trust: null,
  })

export function toyRequest(url: URL, key: number): ToyRequest {
  const head = requestHead({ method: 'GET', url, path: `/${key}`, accept: '*/*', headers: {} })
  return { bytes: requestBytes(head, ''), key }
}

export class ToyWorkload implements Workload<ToyRequest, ToyResponse, ToyRepeat, ToyTally> {
  readonly #url: URL

  constructor({ url }: Pick<ToyConfig, 'url'>) {
    this.#url = new URL(url)
  }

  connect() {
    return toyPool(this.#url)
  }

  name({ repeat }: ToyRepeat): string {
    return `repeat ${repeat}`
  }

  schedule({ repeat, load, count, ratePerSecond }: ToyRepeat): Schedule {
    const stream = `repeat ${repeat}`
    return scheduleFor(load, { count, durationMs: null, seed: 1, stream, ratePerSecond })
  }

  requests(): (index: number) => ToyRequest {
    return (index) => toyRequest(this.#url, index)
  }

  tally(repeat: ToyRepeat, shard: Shard, keep: (record: object) => void): ToyTally {
    return new ToyTally(repeat, shard, keep)
  }
}

export class ToyTally implements Tally<ToyRequest, ToyResponse> {
  readonly table = new RequestTable(['bytes'])
  readonly live = new ToyFigures(this.table)
  keys: number[] = []

  constructor(
    readonly repeat: ToyRepeat,
    readonly shard: Shard,
    readonly keep: (record: object) => void,
  ) {}

  ended({ row, request, exchange }: EndedRequest<ToyRequest, ToyResponse>): void {
    this.table.set(row, 'bytes', exchange.response.body.length)
    this.keys.push(request.key)
    this.keep({ repeat: this.repeat.repeat, worker: this.shard.index, key: request.key })
  }

  finish(): Promise<void> {
    return Promise.resolve()
  }

  toJSON() {
    return { keys: this.keys }
  }

  merge({ keys }: { keys: number[] }): void {
    this.keys.push(...keys)
  }
}

class ToyFigures implements LiveFigures<ToyResponse, { bytesPerSecond: number }> {
  #bytes = 0

  constructor(readonly table: RequestTable<'bytes'>) {}

  begin(): void {
    this.#bytes = 0
  }

  ended(row: number): void {
    this.#bytes += this.table.get(row, 'bytes')
  }

  share(): number {
    return 0
  }

  look(_inFlight: readonly object[], _sinceMs: number, seconds: number) {
    const bytesPerSecond = this.#bytes / seconds
    this.#bytes = 0
    return { bytesPerSecond }
  }
}
