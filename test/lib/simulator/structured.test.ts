import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect } from 'chai'
import { constraintOf } from '../../../src/lib/simulator/constraint.js'
import { sentenceOf } from '../../../src/lib/simulator/structured/grammar.js'
import { smallestInstance } from '../../../src/lib/simulator/structured/json-instance.js'
import { textOfRegex } from '../../../src/lib/simulator/structured/regex.js'
import { finishOf, quickSimulator, textOf } from '../../support/sse-client.js'

const ajv = new Ajv2020({ strict: false })
addFormats.default(ajv)

describe('the smallest instance of a schema', () => {
  for (const [title, schema] of Object.entries({
    'required fields': {
      type: 'object',
      properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 18 }, x: {} },
      required: ['name', 'age'],
      additionalProperties: false,
    },
    'nested arrays': {
      type: 'object',
      properties: {
        rows: {
          type: 'array',
          minItems: 2,
          items: { type: 'array', items: { type: 'number' }, minItems: 3 },
        },
      },
      required: ['rows'],
    },
    'references, also to itself': {
      $defs: {
        node: {
          type: 'object',
          properties: { label: { type: 'string' }, next: { $ref: '#/$defs/node' } },
          required: ['label'],
        },
      },
      $ref: '#/$defs/node',
    },
    alternatives: { anyOf: [{ type: 'integer', minimum: 7 }, { type: 'null' }] },
    'parts of a whole': {
      allOf: [
        { type: 'object', properties: { a: { const: 1 } }, required: ['a'] },
        { properties: { b: { enum: ['x', 'y'] } }, required: ['b'] },
      ],
    },
    patterns: { type: 'string', pattern: '^[A-Z]{2}-\\d{4}(/[a-z]+)?$' },
    lengths: { type: 'string', minLength: 5, maxLength: 6 },
    'a kind of text': {
      type: 'object',
      properties: {
        at: { type: 'string', format: 'date-time' },
        who: { type: 'string', format: 'email' },
        id: { type: 'string', format: 'uuid' },
        where: { type: 'string', format: 'ipv4' },
      },
      required: ['at', 'who', 'id', 'where'],
    },
    'all different': {
      type: 'array',
      items: { type: 'string' },
      minItems: 3,
      uniqueItems: true,
    },
    'different choices': {
      type: 'array',
      items: { enum: ['r', 'g', 'b'] },
      minItems: 3,
      uniqueItems: true,
    },
    'bounds from both sides': { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 },
    'only an upper bound': { type: 'integer', maximum: -3 },
    multiples: { type: 'integer', minimum: 10, multipleOf: 7 },
    'a tuple': {
      type: 'array',
      prefixItems: [{ type: 'string' }, { type: 'boolean' }],
      minItems: 2,
    },
    'a map': { type: 'object', additionalProperties: { type: 'integer' }, minProperties: 2 },
    'one of several types': { type: ['null', 'string'], minLength: 1 },
    anything: {},
  }))
    it(title, () => {
      const validate = ajv.compile(schema)
      const instance = smallestInstance(schema)
      expect(validate(instance), `${JSON.stringify(instance)} ${ajv.errorsText(validate.errors)}`)
        .to.be.true
    })

  it('is refused for a type that there isn’t, and where there is none', () => {
    expect(() => smallestInstance({ type: 'nonsense' })).to.throw('Invalid type: nonsense')
    const endless = { properties: { me: { $ref: '#' } }, required: ['me'], type: 'object' }
    expect(() => smallestInstance(endless)).to.throw('no finite instance')
    expect(() => smallestInstance({ $ref: '#/nowhere' })).to.throw('nowhere')
  })
})

describe('a text for an expression', () => {
  for (const source of [
    '\\w+@\\w+\\.com\\n',
    '\\d{3}-\\d{4}',
    '(red|green|blue) (car|bus)',
    '[^a-z\\s]{2,5}x?',
    '(?:ab){2}|\\(c\\)',
    '[\\]\\-a]+\\.\\*',
    '((25[0-5]|2[0-4]\\d|[01]?\\d\\d?)\\.){3}(25[0-5]|2[0-4]\\d|[01]?\\d\\d?)',
    '^\\$\\d+\\.\\d{2}$',
    '[äöü]{2}\\u00df',
  ])
    it(source, () => {
      expect(textOfRegex(source)).to.match(new RegExp(`^(?:${source})$`))
    })

  it('is refused for what is none', () => {
    expect(() => textOfRegex('(a')).to.throw('Failed to transform regex')
    expect(() => textOfRegex('(?=a)b')).to.throw('Look-around')
  })
})

describe('a sentence of a grammar', () => {
  for (const { title, grammar, sentence } of [
    {
      title: 'of SQL, with recursion',
      grammar: `
        # a comment
        root ::= select_statement
        select_statement ::= "SELECT " columns " from " table (" where " condition)?
        columns ::= column (", " columns)?
        column ::= "col_1" | "col_22"
        table ::= "table_1"
        condition ::= column "=" number
        number ::= [1-9] [0-9]*`,
      sentence: 'SELECT col_1 from table_1',
    },
    {
      title: 'left recursion and repeats',
      grammar: `root ::= expr "\\n"
expr ::= expr "+" term | term
term ::= [0-9]{2,3} | '(' expr ')'`,
      sentence: '00\n',
    },
    { title: 'one or more', grammar: 'root ::= ("ab" | [x-z])+', sentence: 'x' },
  ])
    it(title, () => expect(sentenceOf(grammar)).to.equal(sentence))

  for (const { title, grammar } of [
    { title: 'no rules', grammar: 'root := nope' },
    { title: 'a rule that is missing', grammar: 'root ::= nowhere' },
    { title: 'a rule without an end', grammar: 'root ::= "a" root' },
    { title: 'an open group', grammar: 'root ::= ("a"' },
  ])
    it(`is refused: ${title}`, () => expect(() => sentenceOf(grammar)).to.throw('Invalid grammar'))
})

describe('a constraint', () => {
  const schema = { type: 'object' }
  for (const { title, version, body, endpoint = 'chat', kind } of [
    {
      title: 'structured_outputs, new',
      version: '0.32.0',
      body: { structured_outputs: { regex: 'a' } },
      kind: 'regex',
    },
    {
      title: 'structured_outputs, old',
      version: '0.10.2',
      body: { structured_outputs: { regex: 'a' } },
      kind: undefined,
    },
    { title: 'guided, new', version: '0.12.0', body: { guided_json: schema }, kind: undefined },
    { title: 'guided, in between', version: '0.11.0', body: { guided_json: schema }, kind: 'json' },
    {
      title: 'guided, old',
      version: '0.10.2',
      body: { guided_grammar: 'root ::= "a"' },
      kind: 'grammar',
    },
    {
      title: 'guided choice, old',
      version: '0.9.1',
      body: { guided_choice: ['a'] },
      kind: 'choice',
    },
    {
      title: 'json_object',
      version: '0.32.0',
      body: { response_format: { type: 'json_object' } },
      kind: 'json',
    },
    {
      title: 'text',
      version: '0.32.0',
      body: { response_format: { type: 'text' } },
      kind: undefined,
    },
    {
      title: 'json_schema of completions, old',
      version: '0.10.2',
      endpoint: 'completions',
      body: { response_format: { type: 'json_schema', json_schema: { schema } } },
      kind: undefined,
    },
    {
      title: 'json_schema of completions, new',
      version: '0.32.0',
      endpoint: 'completions',
      body: { response_format: { type: 'json_schema', json_schema: { schema } } },
      kind: 'json',
    },
  ] as const)
    it(`${title} (${version}): ${kind ?? 'is not seen'}`, () => {
      expect(constraintOf(body, version, endpoint)?.kind).to.equal(kind)
    })
})

describe('a constrained answer', () => {
  const choice = ['Positive', 'Negative']
  const room = { max_tokens: 40 }

  it('is right, and ends by itself', async () => {
    await using simulator = await quickSimulator()
    const said = async (outputs: object) =>
      textOf((await simulator.complete({ ...room, structured_outputs: outputs })).events)
    expect(choice).to.include(await said({ choice }))
    expect(await said({ regex: 'a\\d' })).to.match(/^a\d$/)
    expect(await said({ json: { enum: ['\u00fc\u{1f98a}'] } })).to.equal('"\u00fc\u{1f98a}"')
    expect(await said({ grammar: 'root ::= "yes"' })).to.equal('yes')
  })

  it('is wrong as often as is asked for, exactly', async () => {
    await using simulator = await quickSimulator({ structuredWrong: 0.25 })
    const answers = await Promise.all(
      Array.from({ length: 12 }, () =>
        simulator.complete({ ...room, structured_outputs: { choice } }),
      ),
    )
    const right = answers.filter(({ events }) => choice.includes(textOf(events)))
    expect(right).to.have.length(9)
    for (const { events } of answers) expect(finishOf(events)).to.equal('stop')
    expect(simulator.truth().filter(({ wrong }) => wrong)).to.have.length(3)
  })

  it('is JSON that the schema forbids, when it is wrong', async () => {
    await using simulator = await quickSimulator({ structuredWrong: 1 })
    for (const schema of [{ type: 'object' }, { type: 'string' }, { type: 'integer' }]) {
      const { events } = await simulator.complete({ ...room, structured_outputs: { json: schema } })
      expect(ajv.compile(schema)(JSON.parse(textOf(events)))).to.equal(false)
    }
  })

  it('is cut where there is no room, with length', async () => {
    await using simulator = await quickSimulator()
    const body = { max_tokens: 2, structured_outputs: { regex: '[a-z]{40}' } }
    const { events } = await simulator.complete(body)
    expect(finishOf(events)).to.equal('length')
    expect(textOf(events)).to.have.length(8)
  })

  it('goes on with other words when its end is ignored, as vLLM’s does', async () => {
    await using simulator = await quickSimulator()
    const body = { ...room, ignore_eos: true, structured_outputs: { choice } }
    const { events } = await simulator.complete(body)
    expect(finishOf(events)).to.equal('length')
    expect(textOf(events)).to.match(/^(Positive|Negative) \w+ /)
  })

  it('is refused in good order, however late', async () => {
    await using simulator = await quickSimulator({
      faults: [{ kind: 'slow_accept', share: 1, delayMs: 20 }],
    })
    const refused = { structured_outputs: { grammar: 'root ::= nowhere' } }
    const { events } = await simulator.complete(refused)
    expect(events[0]).to.include('"message": "Invalid grammar specification."')
    const whole = await simulator.complete({ ...refused, stream: false, stream_options: null })
    expect(whole.status).to.equal(400)
    expect(whole.body).to.include('Invalid grammar specification.')
    expect(simulator.truth().map(({ finish }) => finish)).to.deep.equal([null, null])
  })

  it('may be the caller’s own', async () => {
    await using simulator = await quickSimulator()
    const { events } = await simulator.chat({
      ...room,
      structured_outputs: { regex: '(?=x)x' },
      simulated_answer: 'x',
    })
    expect(textOf(events)).to.equal('x')
  })

  it('is unconstrained text where the version does not know the field', async () => {
    await using simulator = await quickSimulator({ version: '0.32.0' })
    const { status, events } = await simulator.complete({ guided_choice: choice })
    expect(status).to.equal(200)
    expect(choice).to.not.include(textOf(events))
  })
})
