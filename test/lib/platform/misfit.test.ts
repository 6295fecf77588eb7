import { expect } from 'chai'
import * as v from 'valibot'
import { misfit } from '../../../src/lib/platform/misfit.js'

const count = v.pipe(v.number(), v.integer(), v.minValue(1))
const Schema = v.strictObject({
  count: v.optional(count, 1),
  list: v.optional(v.array(count), []),
  kind: v.optional(v.picklist(['a', 'b']), 'a'),
  text: v.optional(v.string(), ''),
  share: v.optional(v.pipe(v.number(), v.maxValue(1)), 0),
  rate: v.optional(v.pipe(v.number(), v.minValue(0.000_001)), 1),
})

describe('what a schema finds wrong', () => {
  for (const [given, sentence] of [
    [{ count: 'x' }, '"count" must be a number, not "x"'],
    [{ count: NaN }, '"count" must be a number'],
    [{ count: 1.5 }, '"count" must be a whole number, not 1.5'],
    [{ count: 0 }, '"count" must be at least 1, not 0'],
    [{ list: [1, null] }, '"list.1" must be a number'],
    [{ list: 5 }, '"list" must be a list, not 5'],
    [{ kind: 'c' }, '"kind" must be "a" or "b", not "c"'],
    [{ share: 2 }, '"share" must be at most 1, not 2'],
    [{ rate: 0 }, '"rate" must be more than 0, not 0'],
    [{ text: 4 }, '"text" must be a text, not 4'],
    [{ other: 4 }, '"other" is not known'],
    [null, 'it must be an object'],
  ] as const)
    it(`is said in our words: ${sentence}`, () => {
      const parsed = v.safeParse(Schema, given)
      expect(misfit(parsed.issues!)).to.equal(sentence)
      expect(sentence).to.not.match(/Invalid|Expected|received/)
    })

  it('names the flag where a flag was typed', () => {
    const { issues } = v.safeParse(Schema, { count: 0 })
    expect(misfit(issues!, (field) => `--${field}`)).to.equal('--count must be at least 1, not 0')
  })
})
