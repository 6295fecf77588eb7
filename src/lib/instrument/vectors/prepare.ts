import { formatCount } from '../../platform/units.js'
import { phase } from '../load/phase.js'
import { loadDataset, type Dataset } from './dataset.js'
import { Distances } from './distance.js'
import { truthFrom, type GivenTruth } from './given-truth.js'
import { LiveTruth } from './live-phases.js'
import type { VectorConfig, VectorEvent } from './plan.js'
import { RecallJudge } from './recall.js'
import { groundTruthOf } from './truth/ground-truth.js'

/** What costs, and needs no server. */
export interface Prepared {
  dataset: Dataset
  judge: RecallJudge
  /** For the result's warnings. */
  notes: readonly string[]
}

/** Data and truth. @throws the signal's reason */
export async function prepareData(
  { plan, cacheDir }: VectorConfig,
  emit: (event: VectorEvent) => void,
  signal: AbortSignal,
): Promise<Prepared> {
  const dataset = await phase(emit, 'dataset', async () => {
    const data = await loadDataset(plan, signal)
    return [data, data.name]
  })
  const { space, given, queryCount } = dataset
  const distances = new Distances(dataset, space)
  const how = { k: plan.k, space, signal }
  const words = `k ${plan.k}, ${formatCount(queryCount)} queries, ${space}`
  const { truth, isGiven } = await phase(
    emit,
    'truth',
    async () => {
      const taken = given && (await taking(given, () => truthFrom(given, dataset, distances, how)))
      if (taken)
        return [
          { truth: taken, isGiven: true },
          `given, ${words}; ${taken.checked} of them checked`,
        ]
      const live = new LiveTruth(dataset.count, emit)
      const onProgress = (vectors: number) => live.searched(vectors)
      const found = await groundTruthOf(dataset, { ...how, cacheDir, onProgress })
      return [{ truth: found, isGiven: false }, `exact, ${words}`]
    },
    words,
  )
  const notes =
    given && !isGiven
      ? [`the neighbours in ${given.path} are not true: they were searched for`]
      : []
  return { dataset, judge: new RecallJudge(truth, distances, dataset.count), notes }
}

/** A truth that came along and is none is not worth ending the run. */
async function taking<T>({ isAskedFor }: GivenTruth, take: () => Promise<T>): Promise<T | null> {
  try {
    return await take()
  } catch (error) {
    if (isAskedFor) throw error
    return null
  }
}
