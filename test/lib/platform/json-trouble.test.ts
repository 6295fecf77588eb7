import { expect } from 'chai'
import { whereJsonBreaks } from '../../../src/lib/platform/json-trouble.js'

describe('what is told of a text that is not JSON', () => {
  for (const text of ['hf_SECRET', '{"a": SECRET', '{"prompt": "SECRET"', '[1, 2,, "SECRET"]', ''])
    it(`is at most where: ${text}`, () => {
      let told = ''
      try {
        JSON.parse(text)
      } catch (error) {
        told = whereJsonBreaks(error)
      }
      expect(told).to.match(/^( \(from character \d+ on\))?$/)
    })
})
