import { expect } from 'chai'
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AibenchError } from '../../../../src/lib/platform/errors.js'
import { installChroma } from '../../../../src/lib/services/chroma/install.js'
import { contextWith, type Answers, type FakeContext } from '../../../support/context.js'

/** A folder with programs of these names is all of PATH. */
async function machineWith(programs: readonly string[], answers: Answers): Promise<FakeContext> {
  const bin = await contextWith()
  await mkdir(join(bin.folder, 'bin'))
  for (const name of programs) {
    await writeFile(join(bin.folder, 'bin', name), '')
    await chmod(join(bin.folder, 'bin', name), 0o755)
  }
  const context = await contextWith([], { answers, variables: { PATH: join(bin.folder, 'bin') } })
  return {
    ...context,
    [Symbol.asyncDispose]: async () => {
      await bin[Symbol.asyncDispose]()
      await context[Symbol.asyncDispose]()
    },
  }
}

const PYTHON: Answers[number] = [/ -c import sys/, { stdout: '/usr/bin/python3\n' }]
const NO_PIP = { exitCode: 1, stderr: 'ModuleNotFoundError: No module named pip' }

describe('an installation that can’t be', () => {
  for (const [title, programs, answers, code, hint] of [
    ['python3 has no pip', ['python3'], [[/python3 -c/, NO_PIP]], 'AIB_NO_PIP', /ensurepip/],
    [
      'no network',
      ['python3'],
      [
        PYTHON,
        [/pip install/, { exitCode: 1, stderr: 'Retrying … Temporary failure in name resolution' }],
      ],
      'AIB_NO_NETWORK',
      /--dir DIR/,
    ],
    [
      'another file than the pinned one',
      ['python3'],
      [
        PYTHON,
        [
          /pip install/,
          { exitCode: 1, stderr: 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM the file' },
        ],
      ],
      'AIB_HASH',
      /cache purge/,
    ],
    [
      'no space',
      ['python3'],
      [PYTHON, [/pip install/, { exitCode: 1, stderr: 'OSError: No space left on device' }]],
      'AIB_CANNOT_WRITE',
      /--dir DIR/,
    ],
    [
      'pip without an end',
      ['python3'],
      [PYTHON, [/pip install/, { exitCode: undefined, timedOut: true }]],
      'AIB_PIP',
      /--dir DIR/,
    ],
  ] as [string, string[], Answers, string, RegExp][])
    it(`${title}: is named with what helps, and leaves nothing`, async () => {
      await using context = await machineWith(programs, answers)
      const error = await installChroma(context).then(
        () => expect.fail('it did not fail'),
        (caught: AibenchError) => caught,
      )
      expect([error.exitCode, error.code], error.message).to.deep.equal([3, code])
      expect(error.hints.join('\n')).to.match(hint)
      const left = await readdir(context.environment.dataDir).catch(() => [])
      expect(left).to.deep.equal([])
    })
})
