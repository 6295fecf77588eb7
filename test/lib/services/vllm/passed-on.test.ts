import { expect } from 'chai'
import { passedOn } from '../../../../src/lib/services/vllm/passed-on.js'

describe('what of the user’s shell reaches vLLM', () => {
  it('is a list of names; other settings of the same families stay behind and are named', () => {
    const { settings, leftBehind } = passedOn({
      ...{ VLLM_LOGGING_LEVEL: 'DEBUG', NCCL_IB_HCA: 'mlx5', VLLM_HOST_IP: '10.0.0.7' },
      ...{ OMP_NUM_THREADS: '8', PATH: '/bin', VLLM_NEW_THING: '1' },
    })
    expect(settings).to.deep.equal({
      ...{ VLLM_LOGGING_LEVEL: 'DEBUG', NCCL_IB_HCA: 'mlx5', VLLM_HOST_IP: '10.0.0.7' },
      OMP_NUM_THREADS: '8',
    })
    expect(leftBehind).to.deep.equal(['VLLM_NEW_THING'])
  })

  for (const name of [
    'VLLM_API_KEY',
    'VLLM_S3_ACCESS_KEY',
    'VLLM_OBJECT_STORE_CREDENTIALS',
    'VLLM_PROXY_PASSWORD',
    'NCCL_NET_SECRET',
    'RAY_AUTH_TOKEN',
    'RAY_ADDRESS',
    'VLLM_SERVER_DEV_MODE',
    'VLLM_ALLOW_INSECURE_SERIALIZATION',
    'HF_TOKEN',
  ])
    it(`never ${name}`, () => expect(passedOn({ [name]: 'x' }).settings).to.deep.equal({}))

  it('says nothing of what an image has set for itself', () =>
    expect(passedOn({ NCCL_VERSION: '2.27', VLLM_USAGE_SOURCE: 'production' })).to.deep.equal({
      settings: {},
      leftBehind: [],
    }))
})
