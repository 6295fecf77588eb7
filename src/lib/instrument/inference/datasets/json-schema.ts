import { createHash } from 'node:crypto'
import { Rng } from '../../rng.js'
import { askForJson, constrainedSource } from './constrained.js'
import schemas from './schemas.json' with { type: 'json' }
import { shuffled } from './shuffled.js'
import type { Source, SourceOptions } from './source.js'

export interface BundledSchema {
  name: string
  prompt: string
  schema: Record<string, unknown>
  /** An answer that fits. */
  example: unknown
}

/**
 * Our own set in the place of a download: things that programs ask models for, in every feature of JSON Schema that xgrammar keeps to.
 * Every string, list and number has an end, so that a model that writes noise comes to one too; strings by `pattern`, as with `maxLength`
 * xgrammar 0.2 lets control characters through, which is no JSON.
 */
export const BUNDLED_SCHEMAS: readonly BundledSchema[] = schemas

/** Each schema once before any comes again, in an order by the seed. */
export function jsonSchemaSource(outputTokens: number, options: SourceOptions): Source {
  const order = shuffled(BUNDLED_SCHEMAS, new Rng(options.seed, 'json-schema/order'))
  const source = constrainedSource(
    {
      name: `json-schema ${order.length} schemas`,
      size: order.length,
      outputTokens,
      task: (index) => {
        const { prompt, schema } = order[index % order.length]
        return { question: askForJson(prompt, schema), constraint: { kind: 'json', schema } }
      },
    },
    options,
  )
  const contentHash = createHash('sha256').update(JSON.stringify(BUNDLED_SCHEMAS)).digest('hex')
  return { ...source, contentHash }
}
