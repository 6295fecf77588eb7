import * as v from 'valibot'

export const ChromaOptionsSchema = v.object({
  /** `tuned` turns the metadata cache on. */
  profile: v.picklist(['default', 'tuned']),
  /** Where the database lives; null is the run directory. */
  persistDir: v.nullable(v.string()),
  /** Apptainer image; null is the native server. */
  image: v.nullable(v.string()),
  /** On a node that others use too: no gate before it. */
  open: v.optional(v.boolean(), false),
})
export type ChromaOptions = v.InferOutput<typeof ChromaOptionsSchema>
