// Publishes the schemas of the files that others read.
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { toJsonSchema } from '@valibot/to-json-schema'
import { benchmarkKinds, benchmarkKind } from '../src/lib/app/catalog.ts'

const folder = fileURLToPath(new URL('../schemas/', import.meta.url))
mkdirSync(folder, { recursive: true })
for (const name of benchmarkKinds()) {
  const { plan, result } = await benchmarkKind(name)
  for (const schema of [plan, result].filter(Boolean)) {
    const $id = schema.entries.schema.literal
    const [, file] = $id.split('/')
    const json = { $id, ...toJsonSchema(schema) }
    writeFileSync(`${folder}${file}.json`, JSON.stringify(json, null, 2) + '\n')
  }
}
