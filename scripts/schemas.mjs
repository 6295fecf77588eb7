// Publishes the schemas of the files that others read.
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { toJsonSchema } from '@valibot/to-json-schema'
import { InferencePlanSchema } from '../src/lib/instrument/inference/plan.ts'
import { InferenceResultSchema } from '../src/lib/instrument/inference/result.ts'
import { VectorPlanSchema } from '../src/lib/instrument/vectors/plan.ts'
import { VectorResultSchema } from '../src/lib/instrument/vectors/result.ts'

const folder = fileURLToPath(new URL('../schemas/', import.meta.url))
mkdirSync(folder, { recursive: true })
for (const [name, schema] of [
  ['inference-plan', InferencePlanSchema],
  ['inference-result', InferenceResultSchema],
  ['vector-plan', VectorPlanSchema],
  ['vector-result', VectorResultSchema],
]) {
  const json = { $id: `aibench/${name}/1`, ...toJsonSchema(schema) }
  writeFileSync(`${folder}${name}.json`, JSON.stringify(json, null, 2) + '\n')
}
