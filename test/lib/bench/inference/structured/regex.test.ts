import { expect } from 'chai'
import {
  translateRegex,
  whyNotMatched,
} from '../../../../../src/lib/bench/inference/structured/regex.js'

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
  ])
    it(`matches ${pattern} as Python does`, () => {
      for (const text of yes) expect(whyNotMatched(pattern, text), text).to.equal(undefined)
      for (const text of no)
        expect(whyNotMatched(pattern, text), text).to.equal('it does not match the whole pattern')
    })

  it('says that a pattern can not be read', () => {
    expect(whyNotMatched('(a', 'a')).to.match(/pattern can't be read/)
    expect(whyNotMatched('a\\', 'a')).to.match(/pattern can't be read/)
  })

  it('leaves a pattern of JavaScript alone', () => {
    for (const source of ['^a[^b]{2}(?:c|d)*?\\d\\w$', '(?<=a)b(?!c)', '\\u{1F600}'])
      expect(translateRegex(source)).to.deep.equal({ source, flags: 'us' })
  })
})
