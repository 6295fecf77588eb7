import type { ValidateFunction } from 'ajv/dist/2020.js'
import { BoundedCache } from './bounded-cache.js'
import { patternCompiler } from './pattern.js'

type Schema = Record<string, unknown>
type Compile = (schema: Schema) => ValidateFunction

let loading: Promise<Compile> | undefined

/** Why the text is not JSON of the schema; undefined when it is. A fence or a word around the JSON is a fault like any other. */
export async function whyNotOfSchema(schema: Schema, text: string): Promise<string | undefined> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return `it is not JSON: ${(error as Error).message}`
  }
  const compile = await (loading ??= loadCompiler())
  let fits: ValidateFunction
  try {
    fits = compile(schema)
  } catch (error) {
    return `the schema can't be compiled: ${(error as Error).message}`
  }
  if (fits(value)) return undefined
  const [fault] = fits.errors ?? []
  return `${fault?.instancePath || 'the whole'} ${fault?.message ?? 'does not fit'}`
}

/** Compiling takes a millisecond or more: done once a schema, by its content, for the latest 256 of them. */
async function loadCompiler(): Promise<Compile> {
  // CommonJS: bundled, it has no names but the default.
  const { default: drafts } = await import('ajv/dist/2020.js')
  const { default: formats } = await import('ajv-formats')
  const ajv = new drafts.Ajv2020({
    strict: false,
    // A schema that is no schema is found when it is compiled; drafts before 2020 would be refused for their name alone.
    validateSchema: false,
    // Two schemas of one $id are two schemas.
    addUsedSchema: false,
    logger: false,
    code: { regExp: Object.assign(await patternCompiler(), { code: 'new RegExp' }) },
  })
  formats.default(ajv)
  const compiled = new BoundedCache<string, ValidateFunction>(
    256,
    ({ schema }) => void ajv.removeSchema(schema as Schema),
  )
  return (schema) => compiled.get(JSON.stringify(schema), () => ajv.compile(schema))
}
