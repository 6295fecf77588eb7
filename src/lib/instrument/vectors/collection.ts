import { EnvironmentError } from '../../platform/errors.js'
import { formatCount, formatNumber } from '../../platform/units.js'
import { phase } from '../load/phase.js'
import type { Dataset } from './dataset.js'
import type { Collection, VectorEngine, VectorProtocol } from './engine.js'
import { ingest, type Ingest } from './ingest.js'
import { LiveIngest } from './live-phases.js'
import type { VectorConfig, VectorEvent } from './plan.js'
import { failureOf, notAdded, refused, stoppedEarly, type Where } from './refusal.js'

/** What a collection is made and filled with. */
export interface Filling {
  config: VectorConfig
  protocol: VectorProtocol
  engine: VectorEngine
  where: Where
  dataset: Dataset
  /** Vectors a call. */
  batch: number
  emit(event: VectorEvent): void
  signal: AbortSignal
}

export interface Filled {
  collection: Collection
  createMs: number
  ingests: readonly Ingest[]
}

/**
 * Makes the collection and adds all vectors, again for every repeat: all but the last are there for the figure only. Stopped, it gives what
 * was added until then.
 */
export async function fill(
  filling: Filling,
  keep: (record: object) => void,
  originMs: number,
): Promise<Filled> {
  const { config, engine, signal } = filling
  const ingests: Ingest[] = []
  const first = await createEmpty(filling)
  let { collection } = first
  for (let repeat = 0; repeat < config.plan.repeats && !signal.aborted; repeat++) {
    if (repeat > 0) {
      await engine.drop()
      collection = (await createEmpty(filling, false)).collection
    }
    const one = await addAll(filling, repeat, originMs)
    ingests.push(one)
    one.records.forEach(keep)
    if (one.failure) throw told(filling, one, one.failure)
  }
  if (ingests.length === 0) throw stoppedEarly(signal)
  return { collection, createMs: first.ms, ingests }
}

async function createEmpty(
  { config, protocol, engine, where, dataset, emit }: Filling,
  isTold = true,
): Promise<{ collection: Collection; ms: number }> {
  const make = async () => {
    const startMs = performance.now()
    const collection = await engine.create(config.collection, dataset.space)
    return { collection, ms: performance.now() - startMs, count: await engine.count() }
  }
  const { count, ...made } = await make().catch(async (error: unknown) => {
    const failure = failureOf(error)
    const own = await protocol.explain?.('create', failure, where)
    throw own ?? refused('create', failure, where)
  })
  if (count !== 0) throw new EnvironmentError(`A new collection has ${count} vectors in it`)
  if (!isTold) return made
  const text = `created in ${made.ms.toFixed(0)} ms, empty`
  emit({ type: 'phase', phase: 'collection', text: '' })
  emit({ type: 'phase-done', phase: 'collection', text, ms: made.ms })
  return made
}

function addAll(
  { config, engine, dataset, batch, emit, signal }: Filling,
  repeat: number,
  originMs: number,
): Promise<Ingest> {
  const { repeats } = config.plan
  const which = repeats > 1 ? ` · ${repeat + 1} of ${repeats}` : ''
  const live = new LiveIngest({ batch, repeats, emit, of: dataset.count, repeat: repeat + 1 })
  return phase(
    emit,
    'ingest',
    async () => {
      const one = await ingest(engine, dataset, batch, {
        repeat,
        originMs,
        serverPid: config.serverPid,
        signal,
        onAdded: (vectors) => live.added(vectors),
      })
      const rate = formatNumber((one.vectors / one.durationMs) * 1000)
      const text = `${formatCount(one.vectors)} vectors · ${rate}/s · batch ${formatCount(batch)}${which}`
      return [one, text]
    },
    `${formatCount(dataset.count)} vectors · batch ${formatCount(batch)}${which}`,
  )
}

function told({ batch, where }: Filling, { vectors }: Ingest, failure: Ingest['failure'] & object) {
  return notAdded(failure, { added: vectors, batch, bytes: failure.bytes }, where)
}
