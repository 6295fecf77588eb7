import { expect } from 'chai'
import { UsageError } from '../../../../src/lib/platform/errors.js'
import { readSbatchArgs } from '../../../../src/lib/scheduler/slurm/sbatch-args.js'

describe('what the user adds for sbatch', () => {
  for (const args of [
    ['--output=/tmp/o'],
    ['--out', '/tmp/o'],
    ['-o/tmp/o'],
    ['-e', 'x'],
    ['--array=0-1'],
    ['-a0-1'],
    ['--job-n=x'],
    ['-J', 'x'],
    ['--chdir=/'],
    ['-D/'],
    ['--export=ALL'],
    ['--expo', 'ALL'],
    ['--wrap=true'],
    ['--pars'],
    ['--hold'],
    ['-H'],
    ['-sH'],
    ['--wait'],
    ['-W'],
    ['--test-only'],
    ['--', 'x'],
  ])
    it(`is refused by name: ${args.join(' ')}`, () => {
      expect(() => readSbatchArgs(['--mem=0', ...args]))
        .to.throw(UsageError)
        .with.property('code', 'AIB_SBATCH_ARG')
    })

  it('goes on as it is when it is anything else', () => {
    const args = [
      ...['--mem=0', '--exclusive', '--wait-all-nodes=1', '-s', '-C', 'a100', '--verbose'],
      ...['--requeue', '--gres=gpu:2', '--cluster-constraint=x', '-n4', '--mail-user=o@x'],
    ]
    expect(readSbatchArgs(args).passed).to.deep.equal(args)
  })

  it('may be the comment: the user’s word stands', () => {
    const json = '{"reaper":{"exempt":"90"}}'
    for (const args of [[`--comment=${json}`], ['--comment', json], [`--comm=${json}`]])
      expect(readSbatchArgs([...args, '--mem=0'])).to.deep.equal({
        passed: ['--mem=0'],
        comment: json,
        clusters: undefined,
      })
  })

  it('may be the cluster, in any form', () => {
    for (const args of [
      ['--clusters=b'],
      ['--clusters', 'b'],
      ['-Mb'],
      ['-M', 'b'],
      ['--cluster=b'],
    ])
      expect(readSbatchArgs(args)).to.deep.include({ passed: [], clusters: 'b' })
  })
})
