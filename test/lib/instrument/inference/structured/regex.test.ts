import { expect } from 'chai'
import { whyNotMatched } from '../../../../../src/lib/instrument/inference/structured/pattern.js'
import { translateRegex } from '../../../../../src/lib/instrument/inference/structured/regex.js'
import { classifyAnswer } from '../../../../../src/lib/instrument/inference/structured/validate.js'

describe('patterns of structured outputs', () => {
  for (const { pattern, yes, no } of [
    { pattern: '[a-z]+@[a-z]+\\.com', yes: ['a@b.com'], no: ['a@b.com\n', 'xa@b.com!', 'A@b.com'] },
    { pattern: 'a|bc', yes: ['a', 'bc'], no: ['ac', 'abc'] },
    { pattern: '^a$', yes: ['a'], no: ['a\n', 'ba'] },
    { pattern: '\\Aa\\Z', yes: ['a'], no: ['aa'] },
    { pattern: '(?P<x>a|b)(?P=x)', yes: ['aa', 'bb'], no: ['ab'] },
    { pattern: '(?i)ab', yes: ['AB', 'ab'], no: ['a'] },
    { pattern: '(?m)^a$', yes: ['a'], no: ['a\na', 'a\nb'] },
    { pattern: 'a{,2}', yes: ['', 'aa'], no: ['aaa'] },
    { pattern: 'a{2,3}b{1}c{2,}', yes: ['aabcc'], no: ['abcc', 'aabc'] },
    { pattern: '{"k": [0-9]}', yes: ['{"k": 1}'], no: ['"k": 1'] },
    { pattern: '\\-\\@\\"\\_\\ \\/', yes: ['-@"_ /'], no: ['-'] },
    { pattern: '[]a]+[^]]', yes: [']a]b'], no: [']]'] },
    { pattern: '[[\\-x]+', yes: ['[-x'], no: ['y'] },
    { pattern: 'x]', yes: ['x]'], no: ['x'] },
    { pattern: '.', yes: ['😀', 'é', '\n'], no: ['', 'ab'] },
    { pattern: '\\U0001F600\\u00e9\\x41', yes: ['😀éA'], no: ['A'] },
    { pattern: '\\p{L}+', yes: ['Größe'], no: ['1'] },
    { pattern: '\\p{Script=Greek}', yes: ['α'], no: ['a'] },
    { pattern: 'a\\sb[\\s,]', yes: ['a\u00a0b\u2003', 'a b,'], no: ['a_b,'] },
    { pattern: '\\S+', yes: ['ab'], no: ['a\u00a0b'] },
    { pattern: '(?!ab)a.*', yes: ['acb'], no: ['abc'] },
    { pattern: '(?<=^a)b|ab', yes: ['ab'], no: ['b'] },
    { pattern: '[ab]{1001}', yes: ['a'.repeat(1001)], no: ['a'.repeat(1000)] },
  ])
    it(`matches ${pattern} as Python does`, async () => {
      for (const text of yes) expect(await whyNotMatched(pattern, text), text).to.equal(undefined)
      for (const text of no)
        expect(await whyNotMatched(pattern, text), text).to.equal(
          'it does not match the whole pattern',
        )
    })

  it('says that a pattern can not be read', async () => {
    expect(await whyNotMatched('(a', 'a')).to.match(/pattern can't be read/)
    expect(await whyNotMatched('a\\', 'a')).to.match(/pattern can't be read/)
  })

  it('takes no longer for a hostile pattern than the text is long', async () => {
    // Doubles with each character in an engine that backtracks.
    const text = 'a'.repeat(100_000)
    for (const pattern of ['(a+)+b', '(a|aa)*b', '^(([a-z])+.)+[A-Z]([a-z])+$'])
      expect(await whyNotMatched(pattern, text)).to.match(/does not match/)
    const schema = { type: 'string', pattern: '^(a+)+b' }
    expect(
      await classifyAnswer({ kind: 'json', schema }, JSON.stringify(text), 'stop'),
    ).to.deep.include({ verdict: 'invalid' })
  })

  it('gives up a hostile pattern that only a backtracking engine can read', async () => {
    const constraint = { kind: 'regex' as const, pattern: '(?=a)(a+)+b' }
    expect(await classifyAnswer(constraint, 'a'.repeat(64), 'stop')).to.deep.equal({
      verdict: 'unjudged',
    })
  })

  it('gives up a grammar that is too ambiguous for the text', async () => {
    const constraint = { kind: 'grammar' as const, grammar: 'root ::= root root | "a"' }
    expect(await classifyAnswer(constraint, 'a'.repeat(2000), 'stop')).to.deep.equal({
      verdict: 'unjudged',
    })
  })

  it('leaves a pattern of JavaScript alone', () => {
    for (const source of ['^a[^b]{2}(?:c|d)*?\\d\\w$', '(?<=a)b(?!c)', '\\u{1F600}'])
      expect(translateRegex(source)).to.deep.equal({ source, flags: 'us' })
  })
})
