import { expect } from 'chai'
import { PassThrough } from 'node:stream'
import { asking, type Question } from '../../../src/lib/cli/ask.js'
import { UsageError } from '../../../src/lib/platform/errors.js'
import { rejection } from '../../support/surroundings.js'

const count: Question<number> = {
  text: 'processes',
  usual: '4',
  read(answer) {
    if (!/^\d+$/.test(answer)) throw new UsageError(`"${answer}" is no number`)
    return Number(answer)
  },
}

/** A person who types the next line as soon as a prompt stands there, and leaves after the last. */
function person(...lines: string[]) {
  const [input, output] = [new PassThrough(), new PassThrough()]
  let seen = ''
  output.setEncoding('utf8').on('data', (text: string) => {
    seen += text
    if (!text.endsWith(': ')) return
    const line = lines.shift()
    if (line === undefined) input.end()
    else input.write(`${line}\n`)
  })
  const { signal } = new AbortController()
  return { input, output, signal, seen: () => seen }
}

describe('questions on a terminal', () => {
  it('takes what is typed, and the usual for an empty line', async () => {
    const somebody = person('16', '')
    const answers = await asking(async (ask) => [await ask(count), await ask(count)], somebody)
    expect(answers).to.deep.equal([16, 4])
    expect(somebody.seen()).to.equal('processes [4]: processes [4]: ')
  })

  it('says what is wrong with an answer, and asks again', async () => {
    const somebody = person('many', '2')
    expect(await asking((ask) => ask(count), somebody)).to.equal(2)
    expect(somebody.seen()).to.equal('processes [4]: "many" is no number\nprocesses [4]: ')
  })

  it('leaves open what has no usual answer', async () => {
    const somebody = person('')
    expect(await asking((ask) => ask({ ...count, usual: null }), somebody)).to.equal(undefined)
  })

  it('ends with the input', async () => {
    const error = await rejection(asking((ask) => ask(count), person()))
    expect(error.message).to.equal('The answers ended before the questions')
  })

  it('ends with the interruption', async () => {
    const interruption = new AbortController()
    const nobody = { ...person(), signal: interruption.signal }
    nobody.output.removeAllListeners('data').resume()
    const asked = rejection(asking((ask) => ask(count), nobody))
    interruption.abort(new Error('interrupted'))
    expect((await asked).message).to.equal('interrupted')
  })
})
