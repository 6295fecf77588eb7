import { expect } from 'chai'
import type { Finished } from '../../../../src/lib/platform/processes.js'
import { verdictOf } from '../../../../src/lib/scheduler/slurm/refusals.js'

const finished = (stderr: string, more: Partial<Finished> = {}): Finished => ({
  ...{ exitCode: 1, stdout: '', stderr, timedOut: false, missing: false },
  ...more,
})
const failed = (message: string) => `sbatch: error: Batch job submission failed: ${message}`

/** Only what Slurm's own checks say is a no; a list of what can go wrong between two programs has no end. */
describe('an sbatch that gave no id', () => {
  for (const message of [
    'Invalid partition name specified',
    'Access/permission denied',
    'Requested node configuration is not available',
    "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
    'Invalid feature specification',
  ])
    it(`was refused: ${message}`, () =>
      expect(verdictOf(finished(failed(message)))).to.equal('refused'))

  it('was refused by its own command line', () => {
    const text =
      'sbatch: unrecognized option \'--nonsense\'\nTry "sbatch --help" for more information'
    expect(verdictOf(finished(text))).to.equal('refused')
  })

  it('found no controller', () => {
    const text = failed('Unable to contact slurm controller (connect failure)')
    expect(verdictOf(finished(text))).to.equal('down')
  })

  for (const [title, one] of [
    ['said nothing', finished('')],
    ['was killed', finished('', { exitCode: undefined })],
    [
      'was killed after a refusal',
      finished(failed('Access/permission denied'), { exitCode: undefined }),
    ],
    ['took too long', finished('', { exitCode: undefined, timedOut: true })],
    ['lost its connection', finished(failed('Connection reset by peer'))],
    ['had a time-out', finished(failed('Socket timed out on send/recv operation'))],
    ['had nothing better to say (22.05)', finished(failed('Unspecified error'))],
    [
      'got half an answer (26.05)',
      finished(failed('Header lengths are longer than data received')),
    ],
    ['did not understand', finished(failed('Incompatible versions of client and server code'))],
    [
      'reached one controller, and not the other',
      finished(
        'sbatch: error: slurm_receive_msg: Zero Bytes were transmitted or received\n' +
          failed('Unable to contact slurm controller (connect failure)'),
      ),
    ],
    ['ended well without an id', finished('', { exitCode: 0, stdout: 'Welcome\n' })],
  ] as const)
    it(`may have been accepted: ${title}`, () => expect(verdictOf(one)).to.equal('uncertain'))

  it('was refused by the site, as far as can be told: Slurm is asked again', () => {
    const text = `sbatch: error: ERROR: no project given. Use --account=PROJECT\n${failed('Unspecified error')}`
    expect(verdictOf(finished(text))).to.equal('unclear')
    expect(verdictOf(finished('site-sbatch: budget used up'))).to.equal('unclear')
  })
})
