import { expect } from 'chai'
import { bar } from '../../../src/lib/report/bar.js'
import { flow } from '../../../src/lib/report/flow.js'
import { plainStyle } from '../../../src/lib/report/style.js'

describe('parts in a row', () => {
  const at = { width: 24, name: 'name', indent: 6 }

  it('stay together, and go to the next line as a whole', () => {
    expect(flow(['one two', 'three', 'four five'], at)).to.deep.equal([
      'name  one two · three',
      '      four five',
    ])
  })

  it('are broken only when no line is long enough', () => {
    expect(flow(['a', 'this part is longer than a line'], at)).to.deep.equal([
      'name  a',
      '      this part is longer',
      '      than a line',
    ])
  })

  it('are passed over when there is nothing to say', () => {
    expect(flow([null, false, '', undefined], at)).to.deep.equal([])
  })

  it('are measured without their colours', () => {
    const red = '\u001b[31mone two\u001b[39m'
    expect(flow([red, 'three'], at)).to.deep.equal([`name  ${red} · three`])
  })
})

describe('a bar', () => {
  for (const [share, expected] of [
    [0, '──────────'],
    [0.5, '━━━━━─────'],
    [0.55, '━━━━━╸────'],
    [1, '━━━━━━━━━━'],
    [7, '━━━━━━━━━━'],
  ] as const)
    it(`shows ${share}`, () => expect(bar(share, 10, plainStyle)).to.equal(expected))
})
