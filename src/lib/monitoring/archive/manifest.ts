import * as v from 'valibot'
import { UsageError } from '../../platform/errors.js'
import { misfit } from '../../platform/misfit.js'

/** What an archive of figures holds, in its manifest.json. */

export const MANIFEST = 'manifest.json'
const SCHEMA = 'monitors-archive/1'

const FileSchema = v.object({
  bytes: v.number(),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
})

const CountSchema = v.object({
  /** Up to when, ms since 1970: a little before the snapshot, so that all of it had arrived. */
  at: v.number(),
  samples: v.number(),
})

const ManifestSchema = v.object({
  schema: v.literal(SCHEMA),
  /** Version of what made it. */
  aibench: v.string(),
  /** Version of what wrote the figures; null where nobody could tell. */
  prometheus: v.nullable(v.string()),
  /** ISO 8601, UTC. */
  at: v.string(),
  /** Of the monitors; `life`: how often their job had begun again before. */
  instance: v.object({ id: v.string(), name: v.string(), life: v.number() }),
  /** `snapshot`: blocks only. `copy`: the data as Prometheus left it, with the log that it replays; it could not be asked for a snapshot. */
  kind: v.picklist(['snapshot', 'copy']),
  /** Why it is a copy; absent of a snapshot. */
  why: v.optional(v.string()),
  /** In the blocks, markers of an end included. A copy has more, in its log. */
  samples: v.number(),
  series: v.number(),
  /** Of the first and the last sample in the blocks, ms since 1970; null where no block is. */
  from: v.nullable(v.number()),
  to: v.nullable(v.number()),
  /** What the running Prometheus counted by a query: who opens the archive must count the same. Null where it did not answer. */
  counted: v.nullable(CountSchema),
  /** Configuration that was not kept, for it held a secret. */
  leftOut: v.array(v.string()),
  /** Everything but the manifest, by its path in the archive. */
  files: v.record(v.string(), FileSchema),
})

export type Manifest = v.InferOutput<typeof ManifestSchema>
export type Counted = v.InferOutput<typeof CountSchema>
export const manifestSchema = SCHEMA

/** @throws UsageError when it is none, or of a newer version */
export function readManifest(text: string, where: string): Manifest {
  const value = parsed(text)
  const { schema } = (value ?? {}) as { schema?: unknown }
  const [, version] = /^monitors-archive\/(\d+)$/.exec(String(schema)) ?? []
  if (version !== undefined && Number(version) > 1)
    throw new UsageError(`${where} was made by a newer aibench`, {
      code: 'AIB_ARCHIVE_NEWER',
      where: `${String(schema)}; this version reads ${SCHEMA}`,
    })
  const read = v.safeParse(ManifestSchema, value)
  if (read.success) return read.output
  throw damaged(where, `${MANIFEST}: ${misfit(read.issues)}`)
}

export function damaged(where: string, what: string): UsageError {
  return new UsageError(`The archive ${where} is damaged`, {
    code: 'AIB_ARCHIVE_DAMAGED',
    evidence: what,
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
