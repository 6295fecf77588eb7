import { expect } from 'chai'
import { chooseStyle, forTerminal } from '../../../src/lib/report/style.js'

const style = chooseStyle({
  isTty: true,
  columns: 80,
  noColorFlag: false,
  variables: { TERM: 'xterm', FORCE_COLOR: '1' },
})

describe('colours', () => {
  it('of ours arrive, also one inside another', () => {
    expect(forTerminal(style.good('ready'))).to.equal('\x1b[32mready\x1b[39m')
    expect(forTerminal(style.strong(`a ${style.bad('b')} c`))).to.equal(
      '\x1b[1ma \x1b[31mb\x1b[39m c\x1b[22m',
    )
  })

  it('of others do not, not even inside ours', () => {
    const hostile = '\x1b[32mforged\x1b[0m \x1b[1234;32mguessed\x1b[0m \x1b[2J'
    expect(forTerminal(`${hostile} ${style.good('mine')}`)).to.equal(
      'forged guessed  \x1b[32mmine\x1b[39m',
    )
    expect(forTerminal(style.bad(hostile))).to.equal('\x1b[31mforged guessed \x1b[39m')
  })
})
