import { expect } from 'chai'
import fc from 'fast-check'
import { JsonElementSplitter } from '../../../../../src/lib/instrument/inference/datasets/json-elements.js'

function split(bytes: Buffer, cuts: readonly number[] = []) {
  const splitter = new JsonElementSplitter()
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  let start = 0
  const elements = ends.flatMap((end) => {
    // A copy: a piece of a stream is not kept by who made it.
    const piece = Buffer.from(bytes.subarray(start, end))
    start = end
    return splitter.push(piece)
  })
  splitter.end()
  return elements
}

const values = (text: string) =>
  split(Buffer.from(text)).map(({ text: element }) => JSON.parse(element) as unknown)

describe('the splitter of a JSON array', () => {
  it('gives the same elements wherever the pieces are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue({ stringUnit: 'binary' })),
        fc.constantFrom(undefined, 1, '\t', '\r\n  '),
        fc.array(fc.nat(5000), { maxLength: 20 }),
        (array, indent, cuts) => {
          const text = JSON.stringify(array, null, indent)
          const found = split(Buffer.from(text), cuts)
          expect(found.map((element) => JSON.parse(element.text) as unknown)).to.deep.equal(
            JSON.parse(text),
          )
        },
      ),
      { numRuns: 300 },
    )
  })

  it('gives the same elements byte by byte: escapes, quotes, characters of many bytes', () => {
    const array = [
      'a\\"]},[{',
      '\\',
      '"',
      'é😀\u2028',
      { 'k"]': ['}', [], {}] },
      -1.5e3,
      null,
      true,
    ]
    const bytes = Buffer.from(` \n${JSON.stringify(array)} `)
    const everywhere = Array.from({ length: bytes.length }, (_, at) => at)
    expect(split(bytes, everywhere).map(({ text }) => JSON.parse(text) as unknown)).to.deep.equal(
      array,
    )
  })

  it('knows the line on which each element begins', () => {
    const lines = split(Buffer.from('[\n{"a":\n1},\n\n [2]\n,3 ]\n')).map(({ line }) => line)
    expect(lines).to.deep.equal([2, 5, 6])
  })

  it('reads an empty array', () => {
    expect(values('[]')).to.deep.equal([])
    expect(values(' [ \n ] \n')).to.deep.equal([])
  })

  for (const { text, says } of [
    { text: '', says: 'it is empty' },
    { text: '\n\n', says: 'it is empty' },
    { text: '\n{"a":1}', says: 'line 2: it does not begin with [' },
    { text: '[1,\n2', says: 'line 2: it is cut off in or after element 2' },
    { text: '["a', says: 'line 1: it is cut off in or after element 1' },
    { text: '[1,\n,2]', says: 'line 2: an element is missing beside a comma' },
    { text: '[1,]', says: 'line 1: an element is missing beside a comma' },
    { text: '[1]\n[2]', says: 'line 2: something follows the end of the array' },
    { text: '[1}]', says: 'line 1: a bracket closes nothing' },
  ])
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => values(text)).to.throw(SyntaxError, says)
    })
})
