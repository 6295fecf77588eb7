import * as v from 'valibot'
import type { Service } from '../contract.js'
import { explainChroma } from './explain.js'
import { prepareChroma } from './prepare.js'
import { probeInstance } from './probe.js'

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

/** A Chroma vector database server on one node, listening on that node's loopback. */
export const chroma: Service<ChromaOptions> = {
  kind: 'chroma',
  title: 'Chroma',
  script: 'chroma.sh',
  options: ChromaOptionsSchema,
  resources: () => ({ nodes: 1 }),
  prepare: prepareChroma,
  probe: probeInstance,
  explain: explainChroma,
  callPath: '/api/v2/heartbeat',
}
