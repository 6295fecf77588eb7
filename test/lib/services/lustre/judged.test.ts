import { expect } from 'chai'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeEnds } from '../../../../src/lib/services/lustre/job/ends.js'
import { judgedRepeats } from '../../../../src/lib/services/lustre/judged.js'
import { temporaryFolder } from '../../../support/surroundings.js'

const plan = { nodes: 1, tasks: 2, repeats: 1, task: 'mdtest' } as const
const end = {
  ...{ repeat: 1, argv: ['mdtest'], launcher: 'mpirun', exitCode: 1, signal: null, seconds: 0.2 },
  ...{ startedAt: '2026-11-27T02:00:00.000Z', endedAt: '2026-11-27T02:00:00.200Z' },
}

describe('the repeats of a run', () => {
  for (const output of [undefined, 'mdtest: unknown option -- z\n'])
    it(`that failed at once, with ${output ? 'a complaint' : 'nothing'}, are repeats without a result`, async () => {
      await using folder = await temporaryFolder()
      await writeEnds(folder.path, [end])
      const results = join(folder.path, 'results', '1')
      await mkdir(results, { recursive: true })
      if (output) await writeFile(join(results, 'stdout.txt'), output)
      const repeats = await judgedRepeats(folder.path, plan)
      expect(repeats).to.have.lengthOf(1)
      expect(repeats[0]).to.include({ valid: false, isComplete: false, exitCode: 1 })
    })
})
