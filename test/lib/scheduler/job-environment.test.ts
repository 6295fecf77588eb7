import { expect } from 'chai'
import {
  localJobEnvironment,
  submissionEnvironment,
} from '../../../src/lib/scheduler/job-environment.js'
import { readEnvironment } from '../../../src/lib/platform/environment.js'

const shell = readEnvironment({
  ...{ HOME: '/h', PATH: '/bin', LD_LIBRARY_PATH: '/l', LC_ALL: 'de_DE', SECRET_TOKEN: 'x' },
  ...{ CUDA_VISIBLE_DEVICES: '2', CUDA_HOME: '/cuda', CC: 'gcc', ROCR_VISIBLE_DEVICES: '0' },
  ...{ HIP_VISIBLE_DEVICES: '1', SLURM_CONF: '/etc/s', SBATCH_PARTITION: 'no', HF_TOKEN: 'x' },
})

describe('what a job inherits', () => {
  it('on Slurm is what sbatch is run with: names of a list, and Slurm’s file', () =>
    expect(submissionEnvironment(shell)).to.deep.equal({
      ...{ HOME: '/h', PATH: '/bin', LD_LIBRARY_PATH: '/l', LC_ALL: 'C', SLURM_CONF: '/etc/s' },
    }))
  it('on this machine is also the choice of GPUs, and what compiles for them', () =>
    expect(localJobEnvironment(shell)).to.deep.equal({
      ...{ HOME: '/h', PATH: '/bin', LD_LIBRARY_PATH: '/l', LC_ALL: 'de_DE' },
      ...{ CUDA_VISIBLE_DEVICES: '2', CUDA_HOME: '/cuda', CC: 'gcc', ROCR_VISIBLE_DEVICES: '0' },
      HIP_VISIBLE_DEVICES: '1',
    }))
})
