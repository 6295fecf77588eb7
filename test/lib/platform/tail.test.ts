import { expect } from 'chai'
import { appendFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openTail, readLastLines } from '../../../src/lib/platform/tail.js'
import { temporaryFolder } from '../../support/surroundings.js'

const MB = 1024 * 1024

async function lastOf(path: string, lines: number): Promise<{ text: string; bytesRead: number }> {
  const tail = await openTail(path)
  let text = ''
  await tail!.last(lines, (piece) => void (text += piece))
  await tail!.close()
  return { text, bytesRead: tail!.bytesRead }
}

describe('the end of a log', () => {
  for (const [title, content, lines, expected] of [
    ['whole lines', 'a\nb\nc\n', 2, 'b\nc\n'],
    ['a last line without an end', 'a\nb\nc', 2, 'b\nc'],
    ['fewer lines than asked for', 'a\nb\n', 9, 'a\nb\n'],
    ['no line', 'a\nb\n', 0, ''],
    ['empty lines', 'a\n\n\n', 2, '\n\n'],
    ['an empty file', '', 5, ''],
    ['line ends of Windows', 'a\r\nb\r\n', 1, 'b\n'],
    [
      'a progress bar: its last state',
      'load 1%\rload 50%\rload 99%\ndone\n',
      2,
      'load 99%\ndone\n',
    ],
    ['a progress bar that goes on', 'x\n 1%\r 2%\r 3%', 1, ' 3%\n'],
    ['letters of several bytes', 'ä\n→ €\n', 1, '→ €\n'],
  ] as const)
    it(title, async () => {
      await using folder = await temporaryFolder()
      const path = join(folder.path, 'log')
      await writeFile(path, content)
      expect((await lastOf(path, lines)).text).to.equal(expected)
    })

  it('is found over the borders of what is read at once', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'log')
    const lines = Array.from({ length: 60_000 }, (_, i) => `line ${i} ${'.'.repeat(i % 90)}`)
    await writeFile(path, lines.join('\n') + '\n')
    for (const count of [1, 4_999, 30_000])
      expect((await lastOf(path, count)).text).to.equal(lines.slice(-count).join('\n') + '\n')
  })

  it('without any line end is cut, says so, and is not read whole', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'log')
    await writeFile(path, 'start\n')
    await truncate(path, 2_000 * MB)
    await appendFile(path, 'the very end')
    const { text, bytesRead } = await lastOf(path, 3)
    expect(text)
      .to.match(/\[\d{10} bytes of this line are not shown\]/)
      .and.match(/the very end$/)
    expect(text.length).to.be.below(20_000)
    expect(bytesRead).to.be.below(80 * MB)
  })

  it('shows the start and the end of a long line between others', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'log')
    await writeFile(path, `a\nSTART ${'x'.repeat(MB)} END\nb\n`)
    const { text } = await lastOf(path, 3)
    expect(text).to.match(/^a\nSTART x+ … \[\d+ bytes of this line are not shown\] … x+ END\nb\n$/)
    expect(text.length).to.be.below(10_000)
  })
})

describe('a log that is followed', () => {
  const followed = async (first: string, ...then: string[]): Promise<string[]> => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'log')
    await writeFile(path, first)
    const tail = (await openTail(path))!
    const pieces: string[] = ['']
    const write = (text: string) => void (pieces[pieces.length - 1] += text)
    await tail.last(1, write)
    for (const more of then) {
      pieces.push('')
      if (more !== '') await appendFile(path, more)
      await tail.rest(write)
    }
    await tail.close()
    return pieces
  }

  it('is shown as it comes, half lines too', async () =>
    expect(await followed('a\n', 'b', 'c\nd\n')).to.deep.equal(['a\n', 'b', 'c\nd\n']))

  it('does not break a letter that came in halves', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'log')
    await writeFile(path, '')
    const tail = (await openTail(path))!
    let text = ''
    for (const byte of Buffer.from('a€b')) {
      await appendFile(path, Buffer.from([byte]))
      await tail.rest((piece) => void (text += piece))
    }
    await tail.close()
    expect(text).to.equal('a€b')
  })

  it('shows a progress bar now and then, each state on a line of its own', async () => {
    const pieces = await followed('x\n', ' 1%\r 2%', '\r 3%', '\r 4%', '\r 5%\r', '', ' 6%', 'ok\n')
    expect(pieces).to.deep.equal(['x\n', ' 2%\n', '', '', '', '', ' 6%\n', 'ok\n'])
  })

  it('ends a line that was shown in part before a progress bar writes over it', async () =>
    expect(await followed('', 'load', '\r 1%\r 2%\n')).to.deep.equal(['', 'load', '\n 2%\n']))

  it('that became shorter is read from its start again', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'log')
    await writeFile(path, 'a long line\n')
    const tail = (await openTail(path))!
    let text = ''
    const write = (piece: string) => void (text += piece)
    await tail.last(1, write)
    await writeFile(path, 'new\n')
    await tail.rest(write)
    await tail.close()
    expect(text).to.equal('a long line\nnew\n')
  })
})

describe('the lines to search for a reason', () => {
  it('have their numbers where the file can be read whole', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'log')
    await writeFile(path, 'a\nb\n1%\r2%\nd\n')
    const last = await readLastLines(path, { lines: 3, bytes: 1000 })
    expect(last).to.deep.equal({ lines: ['2%', 'd', ''], firstNumber: 3 })
  })

  it('have none where it is too long, and are few and short', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'log')
    await truncate(await made(path), 1_000 * MB)
    await appendFile(path, `${'x'.repeat(100_000)}\nlast\n`)
    const last = await readLastLines(path, { lines: 2_000, bytes: MB })
    expect(last!.firstNumber).to.equal(undefined)
    expect(last!.lines.at(-2)).to.equal('last')
    expect(Math.max(...last!.lines.map(({ length }) => length))).to.be.at.most(4096)
  })
})

async function made(path: string): Promise<string> {
  await writeFile(path, '')
  return path
}
