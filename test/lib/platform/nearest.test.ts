import { expect } from 'chai'
import { editDistance, nearest } from '../../../src/lib/platform/nearest.js'

describe('the nearest known word', () => {
  it('counts an adjacent swap as one', () => expect(editDistance('chroam', 'chroma')).to.equal(1))
  it('finds a typo', () => expect(nearest('gpus', ['cpu', 'gpu', 'largemem'])).to.equal('gpu'))
  it('suggests nothing for what is not close', () =>
    expect(nearest('kubernetes', ['cpu', 'gpu'])).to.equal(undefined))
})
