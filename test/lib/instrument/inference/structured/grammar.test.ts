import { expect } from 'chai'
import fc from 'fast-check'
import { parseGrammar } from '../../../../../src/lib/instrument/inference/structured/grammar-syntax.js'
import { whyNotOfGrammar } from '../../../../../src/lib/instrument/inference/structured/grammar.js'

const fits = (grammar: string, text: string) => whyNotOfGrammar(grammar, text) === undefined

describe('grammars of structured outputs', () => {
  for (const { title, grammar, yes, no } of [
    { title: 'a literal', grammar: 'root ::= "ab"', yes: ['ab'], no: ['', 'a', 'abc', 'b'] },
    {
      title: 'an alternative over lines and comments',
      grammar: '# first\nroot ::= a # then\n  | "z"\na ::= "x"\n  "y"\n',
      yes: ['xy', 'z'],
      no: ['x', 'xyz', 'x y'],
    },
    {
      title: 'counts',
      grammar: 'root ::= "a"{2} "b"{1,} [c-d]{0,2} ("e" | "f")?',
      yes: ['aab', 'aabbbcdf', 'aabe'],
      no: ['ab', 'aaab', 'aabccc', 'aabef'],
    },
    {
      title: 'escapes',
      grammar: 'root ::= "\\x41\\u00e9\\U0001F600\\n\\"\\\\" [\\]\\-\\\\^] [^a-z\\n]',
      yes: ['Aé😀\n"\\]A', 'Aé😀\n"\\-1', 'Aé😀\n"\\^😀'],
      no: ['Aé😀\n"\\]b', 'Aé😀\n"\\]\n', 'Aé😀\n"\\xA'],
    },
    {
      title: 'a dash that is one',
      grammar: 'root ::= [a-] [-b]',
      yes: ['a-', '-b', '--'],
      no: ['b-'],
    },
    {
      title: 'recursion on the left',
      grammar: 'root ::= root "+" "n" | "n"',
      yes: ['n', 'n+n+n'],
      no: ['+', 'n+', 'n+n n'],
    },
    {
      title: 'recursion on both sides',
      grammar: 'root ::= "(" root ")" root | ""',
      yes: ['', '()', '(())()'],
      no: ['(', ')(', '(()'],
    },
    {
      title: 'what can be nothing, hidden and circular',
      grammar: 'root ::= a a "x"\na ::= b | "y"\nb ::= a | ""',
      yes: ['x', 'yx', 'yyx'],
      no: ['', 'yyyx'],
    },
    {
      title: 'two meanings of one text',
      grammar: 'root ::= "a"+ "a"* | root root',
      yes: ['a', 'aaaa'],
      no: ['', 'ab'],
    },
    {
      title: 'names with dots and dashes',
      grammar: 'root ::= a-1 b.2\na-1 ::= "a"\nb.2 ::= "b"',
      yes: ['ab'],
      no: ['a'],
    },
  ])
    it(`recognises ${title}`, () => {
      for (const text of yes) expect(whyNotOfGrammar(grammar, text), text).to.equal(undefined)
      for (const text of no) expect(whyNotOfGrammar(grammar, text), text).to.be.a('string')
    })

  it('says where an answer leaves the grammar, and that one ends too early', () => {
    const grammar = 'root ::= "é" [0-9]{2}'
    expect(whyNotOfGrammar(grammar, 'é1x')).to.equal('character 3, "x", does not fit the grammar')
    expect(whyNotOfGrammar(grammar, 'é1')).to.equal('it ends too early, after 2 characters')
    expect(whyNotOfGrammar(grammar, 'é123')).to.match(/character 4, "3"/)
  })

  for (const { grammar, says } of [
    { grammar: 'root ::= b', says: /rule b and does not define it/ },
    { grammar: 'start ::= "a"', says: /no rule named root/ },
    { grammar: 'root ::= "a\n', says: /line 1 .*literal is not closed/ },
    { grammar: 'root ::= "a"\nx ::= ("b"', says: /line 2 .*group is not closed/ },
    { grammar: 'root ::= [z-a]', says: /goes down/ },
    { grammar: 'root ::= "a"{3,1}', says: /\{3,1\} goes down/ },
    { grammar: 'root ::= "a"{x}', says: /a count looks like/ },
    { grammar: 'root ::= "\\q"', says: /escape \\q is not known/ },
    { grammar: 'root ::= "a" (="b")', says: /look-ahead/ },
    { grammar: 'root ::= TagDispatch(("a", b))', says: /TagDispatch\(…\) is not supported/ },
    { grammar: 'root ::= "a"\nroot ::= "b"', says: /there twice/ },
    { grammar: 'root ::= ("a"{9999}){9999} "b"{999999}', says: /repetitions are too many/ },
    { grammar: '?start: "lark"', says: /line 1 of the grammar: a rule has to begin here/ },
  ])
    it(`refuses ${JSON.stringify(grammar)}`, () => {
      expect(whyNotOfGrammar(grammar, 'a')).to.match(says)
    })

  it('takes a long answer in reasonable time', () => {
    const text = '['.repeat(400) + '1'.repeat(4000) + ']'.repeat(400)
    expect(fits('root ::= "[" root "]" | [0-9]+', text)).to.equal(true)
    expect(fits('root ::= [0-9]{1,4000}', '1'.repeat(4000))).to.equal(true)
    expect(fits('root ::= [0-9]{1,4000}', '1'.repeat(4001))).to.equal(false)
  })

  it('reads a rule as what it is', () => {
    expect(parseGrammar('root ::= "a" | x*\nx ::= [b]').get('root')).to.deep.equal({
      kind: 'choice',
      options: [
        { kind: 'literal', points: [97] },
        { kind: 'repeat', of: { kind: 'rule', name: 'x' }, min: 0, max: null },
      ],
    })
  })
})

/** One expression, written in both languages. */
interface Twin {
  grammar: string
  regex: string
}

const group = (inner: Twin): Twin => ({
  grammar: `(${inner.grammar})`,
  regex: `(?:${inner.regex})`,
})
const leaf = fc.constantFrom<Twin>(
  { grammar: '"a"', regex: 'a' },
  { grammar: '"bé"', regex: 'bé' },
  { grammar: '[ab]', regex: '[ab]' },
  { grammar: '[^a]', regex: '[^a]' },
  { grammar: '""', regex: '' },
)
const { expression } = fc.letrec<{ expression: Twin }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc
      .tuple(tie('expression'), tie('expression'))
      .map(([x, y]) => group({ grammar: `${x.grammar} ${y.grammar}`, regex: x.regex + y.regex })),
    fc
      .tuple(tie('expression'), tie('expression'))
      .map(([x, y]) =>
        group({ grammar: `${x.grammar} | ${y.grammar}`, regex: `${x.regex}|${y.regex}` }),
      ),
    fc
      .tuple(tie('expression'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{1,}'))
      .map(([x, times]) => ({
        grammar: group(x).grammar + times,
        regex: group(x).regex + times,
      })),
  ),
}))
const text = fc.array(fc.constantFrom('a', 'b', 'é', '😀'), { maxLength: 7 }).map((c) => c.join(''))

describe('the recogniser', () => {
  it('agrees with regular expressions', () => {
    fc.assert(
      fc.property(expression, text, ({ grammar, regex }, candidate) => {
        const expected = new RegExp(`^(?:${regex})$`, 'u').test(candidate)
        expect(fits(`root ::= ${grammar}`, candidate)).to.equal(expected)
      }),
      { numRuns: 1000 },
    )
  })

  it('accepts whatever a grammar of nested lists makes, and not with a bracket less', () => {
    const grammar = 'root ::= "[" (item ("," item)*)? "]"\nitem ::= root | [0-9]{1,3}'
    const { list } = fc.letrec<{ list: string }>((tie) => ({
      list: fc
        .array(fc.oneof({ maxDepth: 3 }, fc.nat(999).map(String), tie('list')), { maxLength: 4 })
        .map((items) => `[${items.join(',')}]`),
    }))
    fc.assert(
      fc.property(list, (made) => {
        expect(fits(grammar, made)).to.equal(true)
        expect(fits(grammar, made.slice(0, -1))).to.equal(false)
        expect(fits(grammar, made + ']')).to.equal(false)
      }),
      { numRuns: 200 },
    )
  })
})
