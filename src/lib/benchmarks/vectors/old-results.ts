import * as v from 'valibot'
import { VectorResultSchema } from '../../instrument/vectors/result.js'
import { FirstResultSchema, upgradeFirst } from '../old-results.js'

const LevelSchema = v.looseObject({ concurrency: v.number(), issued: v.number() })

/** The first schema was Chroma's alone; its errors were a record, with their number and share of all requests. */
const First = v.pipe(
  v.looseObject({
    ...FirstResultSchema.entries,
    schema: v.literal('aibench/vector-result/1'),
    ingest: v.looseObject({ batches: v.number() }),
    sequential: LevelSchema,
    concurrent: v.array(LevelSchema),
    errors: v.object({ total: v.number(), byClass: v.record(v.string(), v.number()) }),
  }),
  v.transform((first): Record<string, unknown> => {
    const { sequential, concurrent, ingest, errors } = first
    const isRepeated = concurrent.some(({ concurrency }) => concurrency === 1)
    const levels = isRepeated ? concurrent : [sequential, ...concurrent]
    const issued = levels.reduce((sum, level) => sum + level.issued, ingest.batches)
    const { total, byClass } = errors
    return {
      ...upgradeFirst('vectors', 'aibench/vector-result/2', first, 'Chroma'),
      simulated: false,
      requests: { issued, ok: issued - total, failed: total, dropped: 0 },
      errors: Object.entries(byClass)
        .map(([name, count]) => ({ class: name, count, example: null }))
        .sort((a, b) => b.count - a.count),
    }
  }),
  VectorResultSchema,
)

export const AnyVectorResultSchema = v.union([VectorResultSchema, First])
