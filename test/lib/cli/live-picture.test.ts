import { expect } from 'chai'
import { LivePicture } from '../../../src/lib/cli/live-picture.js'

/** What a terminal that understands what we send would show. */
class FakeTerminal {
  readonly columns = 20
  readonly rows = 6
  readonly lines: string[] = ['before']
  isCursorShown = true
  written = 0

  write(text: string): void {
    this.written++
    for (const [, escape, line] of text.matchAll(/\x1b\[([\d?]*[a-zA-Z])|([^\x1b\n]*)\n/g)) {
      if (line !== undefined) this.lines.push(line)
      else if (escape === '?25l') this.isCursorShown = false
      else if (escape === '?25h') this.isCursorShown = true
      else if (escape.endsWith('F')) this.lines.splice(-Number.parseInt(escape))
    }
  }
}

describe('a picture that is drawn again and again', () => {
  it('stays in its place, whatever its height, and leaves what was before', () => {
    const terminal = new FakeTerminal()
    const picture = new LivePicture(terminal)
    for (const lines of [['a', 'b'], ['c', 'd', 'e'], ['f'], ['g', 'h']]) picture.draw(lines)
    expect(terminal.lines).to.deep.equal(['before', 'g', 'h'])
    expect(terminal.isCursorShown).to.equal(false)
    picture.end()
    expect(terminal.isCursorShown).to.equal(true)
  })

  it('writes nothing when nothing changed', () => {
    const terminal = new FakeTerminal()
    const picture = new LivePicture(terminal)
    for (let i = 0; i < 3; i++) picture.draw(['a'])
    expect(terminal.written).to.equal(1)
  })

  it('is never higher than the terminal, and lets no escape sequence through', () => {
    const terminal = new FakeTerminal()
    new LivePicture(terminal).draw(['a\x1b[2Jb', '2', '3', '4', '5', '6', '7'])
    expect(terminal.lines).to.have.lengthOf(6)
    expect(terminal.lines[1]).to.equal('ab')
  })
})
