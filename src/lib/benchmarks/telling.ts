import type { MonitorsRecord } from '../instrument/measure/envelope.js'
import type { WorkerEvent } from '../instrument/process/worker-events.js'
import type { Context } from '../jobs/contract.js'
import { figureStores } from '../jobs/figure-stores.js'
import { monitoringCost } from '../monitoring/cost.js'
import { PrometheusApi } from '../monitoring/prometheus/client.js'
import { Pusher, type PushReport } from '../monitoring/push/pusher.js'
import { verifyStored, type Verified } from '../monitoring/push/verify.js'
import type { FigureStore, PushAddress, StoreAddress } from '../monitoring/store.js'
import { formatDuration } from '../platform/units.js'
import type { AnySample } from './kind.js'
import { ToldFigures, type Told } from './told-figures.js'

/** Whose figures they are. */
export interface ToldRun {
  kind: string
  run: string
  service: string
  /** Of the instance; its address, of a server that is nobody's instance. */
  name: string
}

export interface TellingOptions {
  observes?: boolean
}

const SETTLE_MS = 5_000
const VERIFY_MS = 10_000
/** Clocks are apart by so much that charts of both sides do not fit together; answers tell whole seconds. */
const CLOCKS_APART_MS = 2_000

/**
 * Tells a store of figures how a benchmark goes, once a second, from the process of the command: nothing of it is done by the process that
 * measures, which says what it has counted and no more. Whatever goes wrong with it, the benchmark goes on; what is missing is said.
 */
export class Telling {
  readonly #context: Context
  readonly #store: FigureStore
  readonly #figures: ToldFigures
  readonly #pusher: Pusher
  readonly #run: ToldRun
  readonly #startMs = performance.now()
  /** Whether what the monitors cost is asked for at the end. */
  readonly #observes: boolean
  #ended: Promise<PushReport> | undefined

  private constructor(
    context: Context,
    store: FigureStore,
    push: PushAddress,
    run: ToldRun,
    told: Told,
    { observes = false }: TellingOptions,
  ) {
    this.#context = context
    this.#store = store
    this.#run = run
    this.#observes = observes
    const { run: id, service, name } = run
    this.#figures = new ToldFigures(run.kind, told, { run: id, service, name })
    this.#pusher = new Pusher({
      ...{ http: context.http, clock: context.clock, address: push },
      source: { service: 'aibench-client', instance: id },
      again: async () => (await storeIn(context, store.instance))?.push ?? null,
      figures: () => this.#figures.now(),
    })
  }

  /** @returns undefined where nothing keeps figures, or what does can't be found */
  static async to(
    context: Context,
    run: ToldRun,
    told: Told,
    options: TellingOptions = {},
  ): Promise<Telling | undefined> {
    const store = await storeIn(context)
    if (!store?.push) return undefined
    const telling = new Telling(context, store, store.push, run, told, options)
    telling.#pusher.start()
    return telling
  }

  take(event: WorkerEvent<AnySample>): void {
    switch (event.type) {
      case 'growth':
        return this.#figures.grow(event)
      case 'phase':
        if (this.#figures.begin(event.phase)) this.#pusher.tell()
        return
      case 'sample': {
        const { inFlight } = event as { inFlight?: number }
        if (inFlight !== undefined) this.#figures.inFlight = inFlight
        return
      }
      case 'phase-done':
      case 'failed':
    }
  }

  /** Tells the last figures, and asks whether all is there. */
  async end(): Promise<MonitorsRecord> {
    this.#figures.begin('end')
    const now = await storeIn(this.#context, this.#store.instance)
    // What was stopped is not waited for, nor what was refused.
    const settleMs = now ? SETTLE_MS : 0
    const { atMs, made } = await this.#pusher.settle(settleMs)
    const { refused, stored } = this.#pusher.soFar
    const withinMs = now && refused === 0 ? VERIFY_MS : 0
    const taken = { moments: Math.min(stored, made), sinceMs: this.#pusher.startMs }
    const { http, clock } = this.#context
    const { api } = now ?? this.#store
    const counters = this.#figures.now()
    const parts = { http, clock, api }
    const verified = await verifyStored(parts, this.#run.run, counters, atMs, {
      ...{ withinMs, taken },
    })
    const report = await this.close(settleMs)
    const trouble = verified.isWhole === false ? await now?.trouble?.().catch(() => []) : []
    const record = this.#record(report, verified, trouble ?? [])
    return this.#observes ? { ...record, ...(await this.#cost(api, record, atMs)) } : record
  }

  async #cost(
    api: StoreAddress,
    { findings }: MonitorsRecord,
    toMs: number,
  ): Promise<Pick<MonitorsRecord, 'cost' | 'findings'>> {
    const { name } = this.#run
    const fromMs = this.#pusher.startMs
    try {
      const prometheus = new PrometheusApi(this.#context.http, api)
      return { cost: await monitoringCost(prometheus, { name, fromMs, toMs }), findings }
    } catch (error) {
      const finding = `what ${this.#store.name} cost is not known: ${(error as Error).message}`
      return { cost: null, findings: [...findings, finding] }
    }
  }

  /** Says that it has ended, and does not ask. */
  close(settleMs = SETTLE_MS): Promise<PushReport> {
    this.#figures.end()
    return (this.#ended ??= this.#pusher.end(settleMs))
  }

  #record(
    report: PushReport,
    { isWhole, findings }: Verified,
    saidByStore: readonly string[],
  ): MonitorsRecord {
    const { made, stored, refused, lost, busyMs, trouble, clockAheadMs } = report
    const { name, push } = this.#store
    const why = trouble === null ? '' : `: ${trouble}`
    const pushes = (count: number) => `${count} of ${made} pushes of client metrics`
    const found = [
      lost > 0 && `${pushes(lost)} did not reach ${name}${why}`,
      refused > 0 && `${pushes(refused)} were refused by ${name}${why}`,
      ...findings.map((text) =>
        isWhole === null ? `could not check what ${name} stored: ${text}` : `${name}: ${text}`,
      ),
      ...saidByStore.map((text) => `${name} says: ${text}`),
      clockAheadMs !== null &&
        Math.abs(clockAheadMs) > CLOCKS_APART_MS &&
        `the clock of ${name} is ${formatDuration(Math.abs(clockAheadMs))} ${clockAheadMs > 0 ? 'ahead of' : 'behind'} this machine’s: charts of server and client are apart by that`,
    ].filter((text) => text !== false)
    const isStored = isWhole === true && lost + refused === 0
    return {
      ...{ name, run: this.#run.run, protocol: push!.protocol, findings: found },
      verdict: isStored ? 'stored' : isWhole === null ? 'unknown' : 'incomplete',
      moments: { made, stored, refused, lost },
      requests: this.#figures.requests,
      tellingCores: busyMs / (performance.now() - this.#startMs),
    }
  }
}

/** The newest that is ready, or that one. Whatever is wrong with it is no reason not to measure. */
async function storeIn(context: Context, instance?: string): Promise<FigureStore | undefined> {
  const stores = await figureStores(context).catch(() => [])
  return stores.find((one) => one.push !== null && (instance ?? one.instance) === one.instance)
}
