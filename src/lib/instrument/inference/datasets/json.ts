import { createHash } from 'node:crypto'
import { Rng } from '../../rng.js'
import { askForJson, constrainedSource } from './constrained.js'
import type { Source, SourceOptions } from './source.js'
import { pick } from './words.js'

type Schema = Record<string, unknown>

/** Not `maxLength`: with it xgrammar 0.2 lets control characters into strings, which is no JSON. */
const text = (characters: number) => ({
  type: 'string',
  pattern: `^[A-Za-z0-9 ,.'?!-]{1,${characters}}$`,
})

/** One schema of middling size, every part of it with an end. */
const PROFILE = {
  type: 'object',
  properties: {
    name: text(16),
    age: { type: 'integer', minimum: 18, maximum: 99 },
    email: { type: 'string', pattern: '^[a-z]{2,8}@[a-z]{2,8}\\.(com|org|net)$' },
    city: text(16),
    role: { enum: ['admin', 'editor', 'reader'] },
    active: { type: 'boolean' },
    tags: { type: 'array', items: text(10), minItems: 1, maxItems: 3 },
    manager: { anyOf: [text(16), { type: 'null' }] },
  },
  required: ['name', 'age', 'email', 'role', 'active', 'tags'],
  additionalProperties: false,
}

const CITIES = ['Oslo', 'Porto', 'Kyoto', 'Quito', 'Accra', 'Perth', 'Luxembourg', 'Riga'] as const
const TRADES = ['baker', 'pilot', 'nurse', 'geologist', 'carpenter', 'librarian'] as const

/** The same schema again and again: its compiled grammar is reused from the second request on. */
export function jsonSource(outputTokens: number, options: SourceOptions): Source {
  return constrainedSource(
    {
      name: 'json',
      size: null,
      outputTokens,
      task: (index) => taskOf(PROFILE, index, options.seed),
    },
    options,
  )
}

/** The same but for one optional property whose name nobody used before: every request compiles its grammar. */
export function jsonUniqueSource(outputTokens: number, options: SourceOptions): Source {
  return constrainedSource(
    {
      name: 'json-unique',
      size: null,
      outputTokens,
      task: (index, salt) => {
        const mark = createHash('sha256').update(`${salt}/${options.seed}/${index}`).digest('hex')
        const properties = { ...PROFILE.properties, [`note_${mark.slice(0, 12)}`]: text(12) }
        return taskOf({ ...PROFILE, properties }, index, options.seed)
      },
    },
    options,
  )
}

function taskOf(schema: Schema, index: number, seed: number) {
  const rng = new Rng(seed, `json/${index}`)
  const question = `Make up the profile of a ${pick(rng, TRADES)} from ${pick(rng, CITIES)}.`
  return { question: askForJson(question, schema), constraint: { kind: 'json' as const, schema } }
}
