import { expect } from 'chai'
import * as v from 'valibot'
import { ValiditySchema } from '../../../../../src/lib/bench/inference/result.js'
import { ValidityTally } from '../../../../../src/lib/bench/inference/structured/validity-tally.js'

const invalid = (why: string) => ({ verdict: 'invalid', why }) as const

describe('the tally of validity', () => {
  it('counts each verdict by itself', () => {
    const tally = new ValidityTally()
    tally.answer(0, { verdict: 'valid' }, 'a')
    tally.answer(1, { verdict: 'valid' }, 'a')
    tally.answer(2, { verdict: 'valid' }, 'a')
    tally.answer(3, invalid('no'), 'b')
    tally.answer(4, { verdict: 'truncated' }, 'c')
    tally.fail()
    const validity = tally.validity()
    expect(v.parse(ValiditySchema, validity)).to.deep.equal({
      answers: 5,
      valid: 3,
      invalid: 1,
      truncated: 1,
      failed: 1,
      validShare: 0.75,
      examples: [{ index: 3, why: 'no', text: 'b' }],
    })
  })

  it('has no share where nothing could be judged', () => {
    const tally = new ValidityTally()
    tally.answer(0, { verdict: 'truncated' }, '{')
    expect(tally.validity()).to.include({ validShare: null, answers: 1 })
  })

  it('keeps the first three examples by index, cut, also of other workers', () => {
    const [one, other] = [new ValidityTally(), new ValidityTally()]
    for (const index of [9, 4, 7]) one.answer(index, invalid(`w${index}`), 'x'.repeat(999))
    for (const index of [8, 1]) other.answer(index, invalid(`w${index}`), 'y')
    other.fail()
    one.merge(other.validity())
    const { examples, invalid: count, failed } = one.validity()
    expect(examples.map(({ index }) => index)).to.deep.equal([1, 4, 7])
    expect(examples[1].text).to.have.lengthOf(200)
    expect({ count, failed }).to.deep.equal({ count: 5, failed: 1 })
  })
})
