import { expect } from 'chai'
import { takeFormerVariables } from '../../../src/lib/cli/former-variables.js'

const FLAGS = {
  'max-rate': { env: 'AIBENCH_TOY_MAX_RATE', aliases: ['max-share'] },
  ...{ model: { env: 'AIBENCH_TOY_MODEL' }, image: { env: 'AIBENCH_TOY_IMAGE' } },
  ...{
    partition: { env: 'AIBENCH_PARTITION' },
    timeout: { env: 'AIBENCH_STOP_TIMEOUT' },
    force: {},
  },
}
const told = (variables: Record<string, string | undefined>) => ({
  remarks: takeFormerVariables(FLAGS, variables),
  variables,
})

describe('variables named as in 0.1.0', () => {
  it('are taken where they meant one thing, and the new name is told', () => {
    const { remarks, variables } = told({ AIBENCH_MODEL: 'm' })
    expect(remarks).to.deep.equal(['AIBENCH_MODEL is called AIBENCH_TOY_MODEL now'])
    expect(variables.AIBENCH_TOY_MODEL).to.equal('m')
  })

  it('are those of a flag’s former name too', () => {
    const { variables } = told({ AIBENCH_MAX_SHARE: '1' })
    expect(variables.AIBENCH_TOY_MAX_RATE).to.equal('1')
  })

  it('are not read where they stood for several flags', () => {
    const { remarks, variables } = told({ AIBENCH_IMAGE: 'i' })
    expect(remarks).to.have.lengthOf(1)
    expect(remarks[0]).to.match(/AIBENCH_IMAGE is no longer read.*: use AIBENCH_TOY_IMAGE$/)
    expect(variables.AIBENCH_TOY_IMAGE).to.equal(undefined)
  })

  it('are passed over beside the new ones, and a wait’s says nothing of a stop', () => {
    expect(told({ AIBENCH_MODEL: 'm', AIBENCH_TOY_MODEL: 'n' })).to.deep.equal({
      remarks: [],
      variables: { AIBENCH_MODEL: 'm', AIBENCH_TOY_MODEL: 'n' },
    })
    expect(told({ AIBENCH_TIMEOUT: '2h', AIBENCH_PARTITION: 'p' }).remarks).to.deep.equal([])
  })
})
