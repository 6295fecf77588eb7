import { expect } from 'chai'
import { SQL_GRAMMAR } from '../../../../../src/lib/instrument/inference/datasets/grammar.js'
import { BUNDLED_SCHEMAS } from '../../../../../src/lib/instrument/inference/datasets/json-schema.js'
import { loadInferenceDataset } from '../../../../../src/lib/instrument/inference/datasets/load.js'
import { REGEX_TASKS } from '../../../../../src/lib/instrument/inference/datasets/regex.js'
import { usesUnsupported } from '../../../../../src/lib/instrument/inference/datasets/xgrammar.js'
import type { Constraint, Item } from '../../../../../src/lib/instrument/inference/item.js'
import {
  parseGrammar,
  ROOT,
  type Expression,
} from '../../../../../src/lib/instrument/inference/structured/grammar-syntax.js'
import { validateAnswer } from '../../../../../src/lib/instrument/inference/structured/validate.js'

type Kind = 'json' | 'json-unique' | 'json-schema' | 'grammar' | 'regex' | 'choice'

const load = (kind: Kind, salt = 's', seed = 1) =>
  loadInferenceDataset(
    { kind, outputTokens: 128, path: null },
    { seed, salt, endpoint: 'completions', numPrompts: 100 },
  )
const textOf = ({ prompt }: Item) => (prompt.kind === 'text' ? prompt.text : '')
const schemaOf = ({ constraint }: Item) =>
  constraint?.kind === 'json' ? constraint.schema : expect.fail('no schema')
const valid = async (constraint: Constraint | null, text: string) =>
  (await validateAnswer(constraint!, text)).valid

describe('the bundled schemas', () => {
  it('are at least 50, each of its own name', () => {
    expect(BUNDLED_SCHEMAS.length).to.be.at.least(50)
    expect(new Set(BUNDLED_SCHEMAS.map(({ name }) => name)).size).to.equal(BUNDLED_SCHEMAS.length)
  })

  for (const { name, schema, example } of BUNDLED_SCHEMAS)
    it(`${name}: fits its example, is kept to by xgrammar, and has an end`, async () => {
      const constraint: Constraint = { kind: 'json', schema }
      expect(await validateAnswer(constraint, JSON.stringify(example))).to.deep.equal({
        valid: true,
      })
      expect(await valid(constraint, JSON.stringify({ surely: ['not', 'this'] }))).to.equal(false)
      expect(usesUnsupported(schema)).to.equal(false)
      for (const part of schemasIn(schema)) expect(isBounded(part), JSON.stringify(part)).to.be.true
    })

  it('use what schemas have', () => {
    const text = JSON.stringify(BUNDLED_SCHEMAS)
    for (const keyword of ['anyOf', 'const', 'enum', '$ref', 'pattern', 'prefixItems', 'minimum'])
      expect(text).to.include(`"${keyword}":`)
  })
})

function* schemasIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value) && 'type' in value && typeof value.type === 'string')
    yield value as Record<string, unknown>
  for (const inner of Object.values(value)) yield* schemasIn(inner)
}

/** A model of noise must come to an end: nothing of it may go on for ever. */
function isBounded(schema: Record<string, unknown>): boolean {
  switch (schema.type) {
    case 'string':
      return (
        typeof schema.pattern === 'string' && !/[*+](?!\w)/.test(schema.pattern.replace(/\\./g, ''))
      )
    case 'integer':
    case 'number':
      return 'minimum' in schema && 'maximum' in schema
    case 'array':
      return 'maxItems' in schema
    case 'object':
      return schema.additionalProperties === false
    default:
      return true
  }
}

describe('constrained datasets', () => {
  for (const kind of ['json', 'json-unique', 'json-schema', 'grammar', 'regex', 'choice'] as const)
    it(`${kind}: tells the model what to write, each time anew`, async () => {
      const dataset = await load(kind)
      const items = Array.from({ length: 20 }, (_, index) => dataset.item(index))
      for (const { constraint, maxTokens, ignoreEos, inputTokens } of items) {
        expect(constraint).to.not.equal(null)
        expect({ maxTokens, ignoreEos, inputTokens }).to.deep.equal({
          maxTokens: 128,
          ignoreEos: false,
          inputTokens: null,
        })
      }
      expect(new Set(items.map(textOf)).size).to.equal(20)
      expect(textOf(items[5])).to.match(/^\[s\/5\] [A-Z]/)
    })

  it('json: shows its one schema, which fits a plausible answer and no other', async () => {
    const dataset = await load('json')
    const [first, second] = [dataset.item(0), dataset.item(1)]
    expect(schemaOf(first)).to.deep.equal(schemaOf(second))
    expect(textOf(first)).to.include(JSON.stringify(schemaOf(first)))
    const profile = {
      name: 'Ada',
      age: 40,
      email: 'ada@mail.org',
      role: 'editor',
      active: true,
      tags: ['a'],
    }
    expect(await valid(first.constraint, JSON.stringify(profile))).to.equal(true)
    for (const fault of [{ age: 17 }, { email: 'ada' }, { tags: [] }, { extra: 1 }])
      expect(await valid(first.constraint, JSON.stringify({ ...profile, ...fault }))).to.equal(
        false,
      )
  })

  it('json-unique: no schema twice, neither in a run nor in the next', async () => {
    const [one, next] = [await load('json-unique', 'run1'), await load('json-unique', 'run2')]
    const schemas = [one, next].flatMap((dataset) =>
      Array.from({ length: 50 }, (_, index) => JSON.stringify(schemaOf(dataset.item(index)))),
    )
    expect(new Set(schemas).size).to.equal(100)
  })

  it('json-schema: every schema once before any comes again, in an order by the seed', async () => {
    const order = async (seed: number) => {
      const dataset = await load('json-schema', 's', seed)
      expect(dataset.size).to.equal(BUNDLED_SCHEMAS.length)
      return Array.from({ length: dataset.size! }, (_, index) =>
        JSON.stringify(schemaOf(dataset.item(index))),
      )
    }
    const [one, other] = [await order(1), await order(2)]
    expect(one).to.not.deep.equal(other)
    expect(one.toSorted()).to.deep.equal(other.toSorted())
  })

  it('grammar: takes its SQL and nothing else', async () => {
    const { constraint } = (await load('grammar')).item(0)
    for (const query of [
      'SELECT * FROM users;',
      "SELECT id, name FROM shops WHERE city = 'oslo' AND stock < 5 ORDER BY price DESC LIMIT 10;",
    ])
      expect(await valid(constraint, query), query).to.equal(true)
    for (const query of ['SELECT * FROM users', 'DROP TABLE users;', 'SELECT  * FROM users;'])
      expect(await valid(constraint, query), query).to.equal(false)
  })

  it('grammar: has no answer of more than 160 characters', () => {
    const rules = parseGrammar(SQL_GRAMMAR)
    const longest = (expression: Expression, inside: readonly string[] = []): number => {
      switch (expression.kind) {
        case 'literal':
          return expression.points.length
        case 'class':
          return 1
        case 'rule':
          if (inside.includes(expression.name)) return Infinity
          return longest(rules.get(expression.name)!, [...inside, expression.name])
        case 'sequence':
          return expression.parts.reduce((sum, part) => sum + longest(part, inside), 0)
        case 'choice':
          return Math.max(...expression.options.map((option) => longest(option, inside)))
        case 'repeat':
          return (expression.max ?? Infinity) * longest(expression.of, inside)
      }
    }
    expect(longest(rules.get(ROOT)!, [ROOT])).to.be.within(80, 160)
  })

  it('regex: each pattern takes an example and has an end', async () => {
    const examples = [
      'ada.weber@mail.org',
      '2025-02-28',
      '23:59:01',
      '#00FFAA',
      '192.168.0.255',
      '1.20.3-rc1',
      '123e4567-e89b-42d3-a456-426614174000',
      '19.99 EUR',
      '+352 621 123 456',
      'ABC-1234-X',
    ]
    expect(REGEX_TASKS).to.have.lengthOf(examples.length)
    const dataset = await load('regex')
    for (const [index, example] of examples.entries()) {
      const { constraint } = dataset.item(index)
      expect(await valid(constraint, example), example).to.equal(true)
      expect(await valid(constraint, `${example} `), example).to.equal(false)
      expect(REGEX_TASKS[index].pattern.replace(/\\./g, '')).to.not.match(/[*+]/)
    }
  })

  it('choice: names the choices in the question', async () => {
    const dataset = await load('choice')
    for (let index = 0; index < 20; index++) {
      const { constraint, ...item } = dataset.item(index)
      if (constraint?.kind !== 'choice') throw new Error('no choice')
      for (const choice of constraint.choices) {
        expect(textOf({ ...item, constraint })).to.include(choice)
        expect(await valid(constraint, choice)).to.equal(true)
      }
    }
  })
})
