import { expect } from 'chai'
import { UsageError } from '../../../src/lib/platform/errors.js'
import { instanceName } from '../../../src/lib/jobs/instance-name.js'

describe('the name of an instance', () => {
  for (const name of ['vllm', 'a', 'llama-3.1_8b', '7b', 'x'.repeat(64), 'constructor'])
    it(`may be ${name}`, () => expect(instanceName(name)).to.equal(name))

  for (const name of [
    '',
    '-x',
    '.x',
    'a b',
    'a\nb',
    '\u001b[2J',
    'x'.repeat(300),
    '$(id)',
    'ä',
    'a/b',
  ])
    it(`may not be ${JSON.stringify(name).slice(0, 20)}`, () =>
      expect(() => instanceName(name))
        .to.throw(UsageError, 'letters, digits')
        .with.property('message')
        .that.satisfies((text: string) => text.length < 250))
})
