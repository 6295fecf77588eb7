import { expect } from 'chai'
import fc from 'fast-check'
import { oneLine, printable, printableJson } from '../../../src/lib/platform/printable.js'

const ACTIVE = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/

describe('text of others on its way to a terminal', () => {
  for (const { title, text, expected } of [
    { title: 'a colour', text: '\x1b[1;31mred\x1b[0m', expected: 'red' },
    { title: 'a window title', text: 'a\x1b]0;title\x07b', expected: 'ab' },
    { title: 'a title that ends by ST', text: 'a\x1b]0;title\x1b\\b', expected: 'ab' },
    { title: 'a cleared screen', text: 'a\x1b[2Jb', expected: 'ab' },
    { title: 'a sequence cut off', text: 'a\x1b]0;never ends', expected: 'a^[]0;never ends' },
    { title: 'C1', text: 'a\x9b2Jb', expected: 'a\\u009b2Jb' },
    { title: 'a bidi override', text: 'a\u202eb', expected: 'a\\u202eb' },
    { title: 'backspaces', text: 'ab\b\bcd', expected: 'ab^H^Hcd' },
    { title: 'a progress bar', text: '10 %\r20 %\r\n', expected: '10 %\n20 %\n' },
    { title: 'letters of the world', text: 'é 中 🙂\tx\ny', expected: 'é 中 🙂\tx\ny' },
  ])
    it(`shows ${title} as text`, () => expect(printable(text)).to.equal(expected))

  it('can not forge a line where one line is meant', () =>
    expect(oneLine('model\n✓ 0 failed\r\x1b[31m!')).to.equal('model ✓ 0 failed !'))

  it('has nothing active left, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).to.not.match(ACTIVE)
        expect(oneLine(text)).to.not.match(ACTIVE).and.not.include('\n')
        expect(printableJson({ text })).to.not.match(ACTIVE)
        expect(JSON.parse(printableJson({ text }))).to.deep.equal({ text })
      }),
    )
  })

  it('takes a time that grows with the length only', () => {
    const hostile = '\x1b]'.repeat(500_000) + '\x1b['.repeat(500_000)
    expect(printable(hostile)).to.have.length(hostile.length + 1_000_000)
  })
})
