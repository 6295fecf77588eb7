import * as v from 'valibot'
import { InferenceResultSchema } from '../../instrument/inference/result.js'
import { FirstResultSchema, upgradeFirst } from '../old-results.js'

/** The first schema: no product, and other words of the instrument's verdict before that. */
const First = v.pipe(
  v.looseObject({
    ...FirstResultSchema.entries,
    schema: v.literal('aibench/inference-result/1'),
  }),
  v.transform((first) =>
    upgradeFirst(
      'inference',
      'aibench/inference-result/2',
      first,
      first.server.version === null ? null : 'vLLM',
    ),
  ),
  InferenceResultSchema,
)

export const AnyInferenceResultSchema = v.union([InferenceResultSchema, First])
