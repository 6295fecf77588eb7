import { expect } from 'chai'
import { longestJob } from '../../../../src/lib/scheduler/slurm/longest-job.js'
import { answering } from '../../../support/context.js'

const MINUTE = 60_000

describe('how long a job may last', () => {
  it('is said by the partition and by the QoS', async () => {
    const processes = answering([
      [
        /^scontrol show partition cpu --oneliner$/,
        {
          stdout:
            'PartitionName=cpu AllowGroups=ALL DefaultTime=NONE MaxTime=2-00:00:00 State=UP\n',
        },
      ],
      [/^sacctmgr -nP show qos test format=maxwall$/, { stdout: '00:30:00\n' }],
    ])
    expect(await longestJob(processes, { partition: 'cpu', qos: 'test' })).to.deep.equal([
      { what: 'partition cpu', ms: 48 * 60 * MINUTE },
      { what: 'QoS test', ms: 30 * MINUTE },
    ])
  })

  for (const { title, answer } of [
    { title: 'no limit', answer: { stdout: 'PartitionName=cpu MaxTime=UNLIMITED\n' } },
    { title: 'an error', answer: { exitCode: 1, stdout: 'MaxTime=00:30:00' } },
    { title: 'no Slurm', answer: { exitCode: undefined, missing: true } },
    { title: 'something else', answer: { stdout: 'MaxTime=soon\n' } },
  ])
    it(`is not known of ${title}`, async () => {
      const processes = answering([[/./, answer]])
      expect(await longestJob(processes, { partition: 'cpu', qos: null })).to.deep.equal([])
    })

  it('is not asked where nothing is named', async () => {
    expect(await longestJob(answering([]), { partition: null, qos: null })).to.deep.equal([])
  })
})
