import * as v from 'valibot'
import { OLD_VERDICTS } from '../platform/verdicts.js'

/** What results of the first schema have in common, whatever their kind, in the places of today's envelope. */
export const FirstResultSchema = v.looseObject({
  path: v.optional(v.unknown(), null),
  warnings: v.optional(v.array(v.string()), []),
  instrument: v.looseObject({ verdict: v.string() }),
  server: v.looseObject({ version: v.nullable(v.string()) }),
})

export function upgradeFirst(
  kind: string,
  schema: string,
  { server, instrument, ...rest }: v.InferOutput<typeof FirstResultSchema>,
  product: string | null,
): Record<string, unknown> {
  const { version, ...ofServer } = server
  const verdict = Object.hasOwn(OLD_VERDICTS, instrument.verdict)
    ? OLD_VERDICTS[instrument.verdict as keyof typeof OLD_VERDICTS]
    : instrument.verdict
  return {
    ...rest,
    schema,
    kind,
    product: { name: product, version },
    instrument: { ...instrument, verdict },
    server: ofServer,
  }
}
