import { expect } from 'chai'
import { LiveReader } from '../../../../src/lib/instrument/filesystem/live/read-live.js'
import { progressFrom } from '../../../../src/lib/services/lustre/progress.js'
import { Replay } from '../../../support/live-replay.js'
import { temporaryFolder } from '../../../support/surroundings.js'

const GIB = 2 ** 30

describe('how far a run is, in a line', () => {
  for (const [second, text] of [
    [150, 'ior-easy-write (1 of 13) · 2.00 GiB/s · wall in 2m30s · about T left'],
    [306, 'ior-easy-write (1 of 13) · 2.00 GiB/s · wears out for 6.0 s · about T left'],
    [400, 'mdtest-easy-write (2 of 13) · 1.50 kIOPS · wall in 3m29s · about T left'],
    [1257, 'mdtest-easy-stat (7 of 13) · about T left'],
  ] as const)
    it(`at ${second} s`, async () => {
      await using folder = await temporaryFolder()
      const doing = (phase: string) =>
        phase === 'ior-easy-write' ? { writeBytes: 2 * GIB } : { files: 1500 }
      const replay = await Replay.of(folder.path, 'valid-300s', { nodes: [{ name: 'n1', doing }] })
      await replay.to(second)
      const progress = progressFrom(await new LiveReader(folder.path).look(replay.nowMs(second)))
      // How long exactly, the public results say: they may be newer tomorrow.
      expect(progress.text.replace(/about \w+( s)? left/, 'about T left')).to.equal(text)
      if (second > 1000) expect(progress.done!.at(-1)).to.deep.include({ name: 'ior-easy-read' })
    })
})
