import { expect } from 'chai'
import type { Constraint } from '../../../../../src/lib/instrument/inference/item.js'
import { requestFields } from '../../../../../src/lib/instrument/inference/structured/request-fields.js'

const JSON_SCHEMA: Constraint = { kind: 'json', schema: { type: 'integer' } }
const CHOICE: Constraint = { kind: 'choice', choices: ['a', 'b'] }

describe('the field of a constraint', () => {
  for (const { version, field } of [
    { version: '0.9.1', field: 'guided_json' },
    { version: '0.10.2', field: 'guided_json' },
    { version: 'v0.10.2rc1.dev5+gabc', field: 'guided_json' },
    { version: '0.11.0', field: 'structured_outputs' },
    { version: '0.12.0', field: 'structured_outputs' },
    { version: '0.32.0+cpu', field: 'structured_outputs' },
    { version: '1.0.0', field: 'structured_outputs' },
    { version: '0.1.dev10812+gabc', field: 'structured_outputs' },
    { version: 'dev', field: 'structured_outputs' },
  ])
    it(`is ${field} for vLLM ${version}, on both endpoints`, () => {
      for (const endpoint of ['chat', 'completions'] as const)
        expect(requestFields(JSON_SCHEMA, { version, endpoint }).field).to.equal(field)
    })

  it('is response_format where the server is not known, for JSON on chat only', () => {
    expect(requestFields(JSON_SCHEMA, { version: null, endpoint: 'chat' })).to.deep.equal({
      field: 'response_format',
      body: {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'answer', schema: { type: 'integer' }, strict: true },
        },
      },
    })
    expect(requestFields(JSON_SCHEMA, { version: null, endpoint: 'completions' })).to.deep.equal({
      field: 'structured_outputs',
      body: { structured_outputs: { json: { type: 'integer' } } },
    })
    expect(requestFields(CHOICE, { version: null, endpoint: 'chat' }).field).to.equal(
      'structured_outputs',
    )
  })

  it('carries each kind', () => {
    const at = (constraint: Constraint, version: string) =>
      requestFields(constraint, { version, endpoint: 'chat' }).body
    expect(at(CHOICE, '0.10.0')).to.deep.equal({ guided_choice: ['a', 'b'] })
    expect(at(CHOICE, '0.20.0')).to.deep.equal({ structured_outputs: { choice: ['a', 'b'] } })
    expect(at({ kind: 'regex', pattern: 'a+' }, '0.20.0')).to.deep.equal({
      structured_outputs: { regex: 'a+' },
    })
    expect(at({ kind: 'grammar', grammar: 'root ::= "a"' }, '0.10.0')).to.deep.equal({
      guided_grammar: 'root ::= "a"',
    })
  })
})
