import { createHash } from 'node:crypto'
import { UsageError } from '../../../platform/errors.js'
import type { InferenceDataset } from '../item.js'
import type { DatasetPlan } from '../plan.js'
import { choiceSource } from './choice.js'
import { customSource } from './custom.js'
import { grammarSource } from './grammar.js'
import { jsonSource, jsonUniqueSource } from './json.js'
import { jsonSchemaSource } from './json-schema.js'
import { multiTurnSource } from './multi-turn.js'
import { prefixSource } from './prefix.js'
import { randomSource } from './random.js'
import { regexSource } from './regex.js'
import { shareGptSource } from './sharegpt.js'
import type { Source, SourceOptions } from './source.js'
import { traceSource } from './trace.js'
import { xgrammarSource } from './xgrammar.js'

export interface DatasetOptions extends SourceOptions {
  /** '' for none: prompts are then the same in every run, and may be found in its server's cache. */
  salt: string
}

/** So many items go into the hash beside the plan: they tell which generator made them. */
const HASHED_ITEMS = 16

/**
 * Makes or reads a dataset. The salt does not change its hash, as the work is the same.
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
      return randomSource(plan, options)
    case 'prefix':
      return prefixSource(plan, options)
    case 'multi-turn':
      return multiTurnSource(plan, options)
    case 'json':
      return jsonSource(plan.outputTokens, options)
    case 'json-unique':
      return jsonUniqueSource(plan.outputTokens, options)
    case 'json-schema':
      return jsonSchemaSource(plan.outputTokens, options)
    case 'grammar':
      return grammarSource(plan.outputTokens, options)
    case 'regex':
      return regexSource(plan.outputTokens, options)
    case 'choice':
      return choiceSource(plan.outputTokens, options)
    case 'xgrammar':
      return xgrammarSource(
        { path: plan.path ?? missingFile(), outputTokens: plan.outputTokens },
        options,
      )
    case 'sharegpt':
      return shareGptSource(plan, options)
    case 'custom':
      return customSource(plan, options)
    case 'trace':
      return traceSource(plan, options)
  }
}

function missingFile(): never {
  throw new UsageError('The dataset xgrammar needs a file', {
    code: 'AIB_DATASET_FILE',
    hints: [
      'a copy of NousResearch/json-mode-eval as JSONL',
      '--dataset json-schema   # needs no file',
    ],
  })
}
