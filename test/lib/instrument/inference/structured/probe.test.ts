import { expect } from 'chai'
import { probeConstraint } from '../../../../../src/lib/instrument/inference/structured/probe.js'
import { validateAnswer } from '../../../../../src/lib/instrument/inference/structured/validate.js'

describe('the probe of a constraint', () => {
  // As vLLM 0.32 on CPU answered with structured_outputs.
  for (const { kind, answer } of [
    { kind: 'json', answer: '{"quoblix":"quoblix"}' },
    { kind: 'regex', answer: 'quoblix-3340' },
    { kind: 'choice', answer: 'quoblix one' },
    { kind: 'grammar', answer: 'quoblix left' },
  ] as const)
    it(`knows a constrained answer from a free one: ${kind}`, async () => {
      const { constraint, honours } = probeConstraint(kind)
      expect(constraint.kind).to.equal(kind)
      expect(honours(answer)).to.equal(true)
      expect(await validateAnswer(constraint, answer)).to.deep.equal({ valid: true })
      for (const free of [
        'The capital of France is Paris.',
        'Paris',
        '{"answer":"Paris"}',
        '',
        `${answer}!`,
      ])
        expect(honours(free), free).to.equal(false)
    })

  it('takes a beginning with endless white space for a constrained answer', () => {
    const { honours } = probeConstraint('json')
    expect(honours('{ \n\t  \n\n ')).to.equal(true)
    expect(honours(' \n ')).to.equal(false)
  })
})
