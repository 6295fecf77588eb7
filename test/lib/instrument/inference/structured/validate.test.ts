import { expect } from 'chai'
import type { Constraint } from '../../../../../src/lib/instrument/inference/item.js'
import {
  classifyAnswer,
  validateAnswer,
} from '../../../../../src/lib/instrument/inference/structured/validate.js'

const AGE: Constraint = {
  kind: 'json',
  schema: {
    type: 'object',
    properties: { age: { type: 'integer', minimum: 0 } },
    required: ['age'],
    additionalProperties: false,
  },
}
const json = (schema: Record<string, unknown>): Constraint => ({ kind: 'json', schema })

describe('validity of answers', () => {
  for (const { title, constraint, text, why } of [
    { title: 'JSON that fits', constraint: AGE, text: ' {"age": 3}\n', why: undefined },
    // vLLM's own benchmark counts this as right.
    { title: 'an empty object', constraint: AGE, text: '{}', why: /must have required .*age/ },
    {
      title: 'a value out of bounds',
      constraint: AGE,
      text: '{"age":-6}',
      why: /^\/age must be >=/,
    },
    { title: 'one property too many', constraint: AGE, text: '{"age":1,"b":2}', why: /additional/ },
    { title: 'JSON in a fence', constraint: AGE, text: '```json\n{"age":3}\n```', why: /not JSON/ },
    { title: 'JSON with words', constraint: AGE, text: 'Here: {"age":3}', why: /not JSON/ },
    { title: 'a control character', constraint: json({}), text: '"\u0006"', why: /not JSON/ },
    { title: 'nothing', constraint: AGE, text: '', why: /not JSON/ },
    {
      title: 'a format',
      constraint: json({ type: 'string', format: 'date' }),
      text: '"2025-13-40"',
      why: /must match format "date"/,
    },
    {
      title: 'a pattern with an escape that JavaScript refuses',
      constraint: json({ type: 'string', pattern: '^a\\_\\"b$' }),
      text: '"a_\\"b"',
      why: undefined,
    },
    {
      title: 'two patterns in one schema',
      constraint: json({ prefixItems: [{ pattern: '^a$' }, { pattern: '^b$' }] }),
      text: '["a","a"]',
      why: /^\/1 must match pattern "\^b\$"/,
    },
    {
      title: 'an older draft',
      constraint: json({ $schema: 'http://json-schema.org/draft-07/schema#', type: 'string' }),
      text: '"a"',
      why: undefined,
    },
    {
      title: 'a tuple',
      constraint: json({ prefixItems: [{ type: 'integer' }], items: false }),
      text: '[1,2]',
      why: /must NOT have more than 1/,
    },
    {
      title: 'a schema that is none',
      constraint: json({ type: 'nonsense' }),
      text: '1',
      why: /schema can't be compiled/,
    },
    {
      title: 'a regex matched in part',
      constraint: { kind: 'regex', pattern: 'ab' } as const,
      text: 'abc',
      why: /whole pattern/,
    },
    {
      title: 'a choice',
      constraint: { kind: 'choice', choices: ['yes', 'no'] } as const,
      text: 'no',
      why: undefined,
    },
    {
      title: 'a choice with a blank',
      constraint: { kind: 'choice', choices: ['yes', 'no'] } as const,
      text: ' no',
      why: /not one of the choices/,
    },
    {
      title: 'a grammar',
      constraint: { kind: 'grammar', grammar: 'root ::= "a"+' } as const,
      text: 'aab',
      why: /character 3/,
    },
  ])
    it(`judges ${title}`, async () => {
      const validity = await validateAnswer(constraint, text)
      if (why === undefined) expect(validity).to.deep.equal({ valid: true })
      else expect(validity.valid || validity.why).to.match(why)
    })

  it('keeps schemas of one $id apart, and thousands of them', async () => {
    for (let n = 0; n < 600; n++) {
      const schema = { $id: 'https://example.org/same', const: n }
      expect(await validateAnswer(json(schema), String(n))).to.deep.equal({ valid: true })
    }
    expect(
      await validateAnswer(json({ $id: 'https://example.org/same', const: 1 }), '2'),
    ).to.include({
      valid: false,
    })
  })

  it('does not call an answer invalid that was cut off', async () => {
    expect(await classifyAnswer(AGE, '{"ag', 'length')).to.deep.equal({ verdict: 'truncated' })
    expect(await classifyAnswer(AGE, '{"age":3}', 'length')).to.deep.equal({ verdict: 'valid' })
    expect(await classifyAnswer(AGE, '{"ag', 'stop')).to.include({ verdict: 'invalid' })
    expect(await classifyAnswer(AGE, '{"ag', null)).to.include({ verdict: 'invalid' })
  })
})
