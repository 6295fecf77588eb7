import { expect } from 'chai'
import fc from 'fast-check'
import { linesOf } from '../../../../../src/lib/instrument/inference/datasets/lines.js'

async function* pieces(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size))
}

async function read(text: string, size: number) {
  const found: [number, string][] = []
  for await (const { number, text: line } of linesOf(pieces(Buffer.from(text), size)))
    found.push([number, line])
  return found
}

describe('lines of a stream', () => {
  it('are the same in pieces of any size', async () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, ''))
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.integer({ min: 1, max: 9 }), async (lines, size) => {
        const expected = lines.flatMap((text, at) => (text.trim() ? [[at + 1, text.trim()]] : []))
        expect(await read(lines.join('\n'), size)).to.deep.equal(expected)
      }),
      { numRuns: 100 },
    )
  })

  it('end at line feeds only, with or without a return, and blank ones keep their number', async () => {
    expect(await read('{"a":"x\u2028y"}\r\n\n  \nb', 3)).to.deep.equal([
      [1, '{"a":"x\u2028y"}'],
      [4, 'b'],
    ])
  })

  it('are refused when they have no end', async () => {
    async function* endless() {
      for (let n = 0; n < 70; n++) yield Buffer.alloc(1 << 20, 'x')
    }
    const error = await linesOf(endless())
      .next()
      .catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(RangeError).with.property('message').that.includes('line 1')
  })
})
