import { createHash } from 'node:crypto'
import { UsageError } from '../../../platform/errors.js'
import type { InferenceDataset } from '../item.js'
import type { DatasetPlan } from '../plan.js'
import type { Source, SourceOptions } from './source.js'

export interface DatasetOptions extends SourceOptions {
  /** '' for none: prompts are then the same in every run, and may be found in its server's cache. */
  salt: string
}

/** Of so many items the hash is made where nothing was read: they tell what the generator is. */
const HASHED_ITEMS = 8

/**
 * Makes or reads a data set. The salt does not change its hash, as the work is the same.
 * @throws UsageError that names the file and the line
 */
export async function loadInferenceDataset(
  plan: DatasetPlan,
  { salt, ...options }: DatasetOptions,
): Promise<InferenceDataset> {
  const { name, size, notes, contentHash, item } = await sourceOf(plan, options)
  const hash = createHash('sha256').update(
    JSON.stringify([{ ...plan, path: undefined }, options.seed, options.endpoint, contentHash]),
  )
  for (let index = 0; index < HASHED_ITEMS; index++) hash.update(JSON.stringify(item(index, '')))
  return { name, size, notes, hash: hash.digest('hex'), item: (index) => item(index, salt) }
}

async function sourceOf(plan: DatasetPlan, options: SourceOptions): Promise<Source> {
  switch (plan.kind) {
    case 'random':
      return (await import('./random.js')).randomSource(plan, options)
    case 'prefix':
      return (await import('./prefix.js')).prefixSource(plan, options)
    case 'multi-turn':
      return (await import('./multi-turn.js')).multiTurnSource(plan, options)
    case 'json':
      return (await import('./json.js')).jsonSource(plan.outputTokens, options)
    case 'json-unique':
      return (await import('./json.js')).jsonUniqueSource(plan.outputTokens, options)
    case 'json-schema':
      return (await import('./json-schema.js')).jsonSchemaSource(plan.outputTokens, options)
    case 'grammar':
      return (await import('./grammar.js')).grammarSource(plan.outputTokens, options)
    case 'regex':
      return (await import('./regex.js')).regexSource(plan.outputTokens, options)
    case 'choice':
      return (await import('./choice.js')).choiceSource(plan.outputTokens, options)
    case 'xgrammar':
      return (await import('./xgrammar.js')).xgrammarSource(
        { path: plan.path ?? missingFile(), outputTokens: plan.outputTokens },
        options,
      )
    case 'sharegpt':
      return (await import('./sharegpt.js')).shareGptSource(plan, options)
    case 'custom':
      return (await import('./custom.js')).customSource(plan, options)
    case 'trace':
      return (await import('./trace.js')).traceSource(plan, options)
  }
}

function missingFile(): never {
  throw new UsageError('The data set xgrammar is read from a file of yours, and none was named', {
    code: 'AIB_DATASET_FILE',
    hints: [
      'a copy of NousResearch/json-mode-eval as JSONL',
      '--dataset json-schema needs no file',
    ],
  })
}
