import { expect } from 'chai'
import { cut } from '../../../src/lib/report/table.js'
import { padVisible, visibleWidth, wrapWords } from '../../../src/lib/report/wrap.js'

describe('text on a terminal', () => {
  for (const [what, text, width] of [
    ['plain text', 'abc', 3],
    ['colours', '\u001b[31mabc\u001b[39m', 3],
    ['wide characters', '模型', 4],
    ['a combining accent', 'e\u0301', 1],
    ['thousands apart', '10\u202f000', 6],
    ['nothing', '', 0],
  ] as const)
    it(`is as wide as it looks: ${what}`, () => {
      expect(visibleWidth(text)).to.equal(width)
    })

  it('is broken between words and never within one', () => {
    expect(wrapWords('limited by its ceiling of 12', 12)).to.deep.equal([
      'limited by',
      'its ceiling',
      'of 12',
    ])
    expect(wrapWords('see /a/path/that/is/longer now', 10)).to.deep.equal([
      'see',
      '/a/path/that/is/longer',
      'now',
    ])
  })

  it('is broken nowhere else for a narrow terminal', () => {
    expect(wrapWords('two words', 0)).to.deep.equal(['two', 'words'])
  })

  it('is padded and cut by what is seen', () => {
    expect(padVisible('模', 4)).to.equal('模  ')
    expect(cut('模型模型', 5)).to.equal('模型…')
  })
})
