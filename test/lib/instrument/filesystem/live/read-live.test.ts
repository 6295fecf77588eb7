import { expect } from 'chai'
import { appendFile, readFile, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LiveState } from '../../../../../src/lib/instrument/filesystem/live/contract.js'
import { samplesPath, writeStage } from '../../../../../src/lib/instrument/filesystem/live/files.js'
import { LiveReader } from '../../../../../src/lib/instrument/filesystem/live/read-live.js'
import { PLAN, Replay, type Doing } from '../../../../support/live-replay.js'
import { temporaryFolder } from '../../../../support/surroundings.js'

const GIB = 2 ** 30

/** As the slowed disk of the record did: even until the wall, then less and less. */
function asRecorded(phase: string, secondsIn: number): Doing {
  const pace = secondsIn > 300 ? 0.5 : 1
  switch (phase) {
    case 'ior-easy-write':
      return { writeBytes: pace * GIB, writeCalls: 512 }
    case 'mdtest-easy-write':
      return { files: pace * 2000 }
    case 'ior-hard-write':
      return { writeBytes: pace * 0.5 * GIB, writeCalls: 10_000 }
    case 'mdtest-hard-write':
      return { writeCalls: pace * 900, writeBytes: 900 * 3901, files: 900 }
    case 'mdtest-easy-delete':
      return { files: -70_000 }
    default:
      return phase.startsWith('ior') ? { readBytes: 2 * GIB, readCalls: 1000 } : {}
  }
}

describe('a run that is watched second by second', () => {
  it('shows each phase within two seconds of its start, with its place and its end', async () => {
    await using folder = await temporaryFolder()
    const replay = await Replay.of(folder.path, 'valid-300s')
    const reader = new LiveReader(folder.path)
    const seenAt = new Map<string, number>()
    const doneAt = new Map<string, number>()
    for (let second = 0; second <= replay.seconds; second++) {
      await replay.to(second)
      const { phase, done, phases } = await reader.look(replay.nowMs(second))
      expect(phases).to.equal(13)
      if (phase && !seenAt.has(phase.name)) seenAt.set(phase.name, second)
      for (const { name } of done) if (!doneAt.has(name)) doneAt.set(name, second)
      if (phase) expect(phase.elapsedMs).to.be.within(0, 320_000)
    }
    for (const [i, { name, startS, endS }] of replay.phases.entries()) {
      // Its start is written in whole seconds.
      expect(seenAt.get(name)! - startS, name).to.be.within(-1, 2)
      expect(doneAt.get(name)! - endS, name).to.be.within(-1, 2)
      expect([...doneAt.keys()][i]).to.equal(name)
    }
  })

  it('tells rates of each node, the stonewall, and how it wears out', async () => {
    await using folder = await temporaryFolder()
    const slow = (phase: string, s: number) => {
      const { writeBytes = 0, ...rest } = asRecorded(phase, s)
      return { ...rest, writeBytes: writeBytes / 4 }
    }
    const nodes = [
      { name: 'mel0001', doing: asRecorded },
      { name: 'mel0002', doing: slow, aheadMs: 2_000 },
    ]
    const replay = await Replay.of(folder.path, 'valid-300s', { nodes })
    const reader = new LiveReader(folder.path)
    const at = async (second: number) => {
      await replay.to(second)
      return reader.look(replay.nowMs(second))
    }
    const early = await at(150)
    expect(early.phase).to.deep.include({ name: 'ior-easy-write', index: 1, measure: 'writeBytes' })
    expect(early.phase!.stonewall).to.deep.equal({ wallMs: 300_000, share: 0.5, wearOut: null })
    expect(early.nodes.map(({ node, ranks }) => `${node} ${ranks}`)).to.deep.equal([
      'mel0001 2',
      'mel0002 2',
    ])
    expect(early.nodes[0].writeBytes / GIB).to.be.closeTo(1, 0.01)
    expect(early.nodes[1].writeBytes / GIB).to.be.closeTo(0.25, 0.01)
    expect(early.rates!.writeBytes / GIB).to.be.closeTo(1.25, 0.01)
    const late = await at(308)
    expect(late.phase!.stonewall!.wearOut!.sinceMs).to.equal(8_000)
    expect(late.phase!.stonewall!.wearOut!.share).to.be.closeTo(0.5, 0.01)
    const files = await at(400)
    expect(files.phase).to.include({ name: 'mdtest-easy-write', index: 2, measure: 'filesCreated' })
    expect(files.rates!.files).to.be.closeTo(2000, 1)
    expect(files.done.map(({ name, value }) => `${name} ${value}`)).to.deep.equal([
      'ior-easy-write 0.027937',
    ])
  })

  it('foretells what is left ever nearer, over repeats too', async () => {
    await using folder = await temporaryFolder()
    const plan = { ...PLAN, repeats: 2 }
    const replay = await Replay.of(folder.path, 'valid-300s', { plan })
    const reader = new LiveReader(folder.path)
    let share = 0
    for (const second of [0, 200, 700, 1100, 1240, 1400]) {
      await replay.to(second)
      const state = await reader.look(replay.nowMs(second))
      expect(state.share!, `share at ${second} s`).to.be.at.least(share)
      share = state.share!
      const { p10Ms, p50Ms, p90Ms } = state.remaining!
      expect(p10Ms).to.be.at.most(p50Ms)
      expect(p50Ms).to.be.at.most(p90Ms)
      // The second repeat is still to come.
      expect(p50Ms).to.be.above(1000 * second)
    }
    expect(share).to.be.within(0.4, 0.5)
  })

  it('sees the short phases of a short run as done', async () => {
    await using folder = await temporaryFolder()
    const replay = await Replay.of(folder.path, 'live-progress')
    await replay.to(22)
    const { phase, done } = await new LiveReader(folder.path).look(replay.nowMs(22))
    expect(done.map(({ name }) => name)).to.include.members(['find', 'ior-easy-read'])
    expect(phase).to.include({ name: 'mdtest-easy-stat', index: 7, measure: 'none' })
    expect(done[0].isMarkedInvalid).to.equal(true)
  })
})

describe('what the files of a run can be', () => {
  const readAt = async (
    spoil: (replay: Replay, dir: string) => Promise<unknown>,
    second = 150,
  ): Promise<LiveState> => {
    await using folder = await temporaryFolder()
    const nodes = [{ name: 'n1', doing: asRecorded }]
    const replay = await Replay.of(folder.path, 'valid-300s', { nodes })
    await replay.to(second)
    await spoil(replay, folder.path)
    return await new LiveReader(folder.path).look(replay.nowMs(second))
  }
  const result = (replay: Replay) => join(replay.resultDir, 'result.txt')

  it('half a line at the end', async () => {
    const state = await readAt(async (replay, dir) => {
      const at = replay.nowMs(150) / 1000
      await appendFile(result(replay), 'scor')
      await utimes(result(replay), at, at)
      await appendFile(samplesPath(dir, 'n1'), '{"at":179530')
    })
    expect(state.phase!.name).to.equal('ior-easy-write')
    expect(state.phase!.elapsedMs).to.equal(150_000)
    expect(state.rates!.writeBytes).to.be.above(0)
  })

  it('nothing, or not there yet', async () => {
    const empty = await readAt((replay) => writeFile(result(replay), ''))
    expect(empty).to.deep.include({ stage: 'running', phase: null, done: [] })
    await using folder = await temporaryFolder()
    const none = await new LiveReader(folder.path).look(0)
    expect(none).to.deep.include({ stage: 'starting', phase: null, rates: null, remaining: null })
  })

  it('bytes of any kind', async () => {
    const state = await readAt(async (replay, dir) => {
      await writeFile(result(replay), Buffer.from([0, 255, 91, 10, 91, 120, 93, 10, 27, 99]))
      await writeFile(samplesPath(dir, 'n1'), `\0\n${'x'.repeat(100_000)}\n{"at":1}\n[]\nnull\n`)
      await writeFile(join(dir, 'progress', 'samples.n2.ndjson'), '')
    })
    expect(state).to.deep.include({ stage: 'running', nodes: [], rates: null })
  })

  it('another clock than the reader’s, who tells the phase’s time by the job’s', async () => {
    await using folder = await temporaryFolder()
    const nodes = [{ name: 'n1', doing: asRecorded }]
    const replay = await Replay.of(folder.path, 'valid-300s', { nodes })
    const reader = new LiveReader(folder.path)
    for (const second of [148, 149, 150]) {
      await replay.to(second)
      await reader.look(replay.nowMs(second) + 90_000)
    }
    await replay.to(151)
    const { phase } = await reader.look(replay.nowMs(151) + 90_000)
    expect(phase!.elapsedMs).to.equal(151_000)
    const behind = await new LiveReader(folder.path).look(replay.nowMs(151) - 90_000)
    expect(behind.phase!.elapsedMs).to.equal(151_000)
  })

  it('begun again: shorter than it was', async () => {
    await using folder = await temporaryFolder()
    const nodes = [{ name: 'n1', doing: asRecorded }]
    const replay = await Replay.of(folder.path, 'valid-300s', { nodes })
    const reader = new LiveReader(folder.path)
    await replay.to(700)
    await reader.look(replay.nowMs(700))
    const text = await readFile(samplesPath(folder.path, 'n1'), 'utf8')
    await truncate(samplesPath(folder.path, 'n1'), 0)
    await replay.to(20)
    await reader.look(replay.nowMs(20))
    await writeFile(samplesPath(folder.path, 'n1'), text.split('\n').slice(0, 21).join('\n') + '\n')
    const { phase, rates } = await reader.look(replay.nowMs(20))
    expect(phase!.name).to.equal('ior-easy-write')
    expect(rates!.writeBytes / GIB).to.be.closeTo(1, 0.01)
  })

  it('those of a node of which nothing is heard any more', async () => {
    await using folder = await temporaryFolder()
    const nodes = ['n1', 'n2'].map((name) => ({ name, doing: asRecorded }))
    const replay = await Replay.of(folder.path, 'valid-300s', { nodes })
    await replay.to(150)
    const old = replay.nowMs(120) / 1000
    await utimes(samplesPath(folder.path, 'n2'), old, old)
    const state = await new LiveReader(folder.path).look(replay.nowMs(150))
    expect(state.nodes.map(({ isSilent }) => isSilent)).to.deep.equal([false, true])
    expect(state.rates!.writeBytes / GIB).to.be.closeTo(1, 0.01)
  })

  it('of a run that has ended, or that cleans up', async () => {
    const cleaning = await readAt((replay, dir) =>
      writeStage(dir, {
        stage: 'cleaning',
        text: '3 directories',
        since: new Date(replay.nowMs(150)).toISOString(),
        repeat: 1,
        of: 1,
        resultDir: replay.resultDir,
      }),
    )
    expect(cleaning).to.include({ stage: 'cleaning', text: '3 directories', phase: null, share: 1 })
    const done = await readAt((_, dir) => writeFile(join(dir, 'receipt.json'), '{}'))
    expect(done).to.include({ stage: 'done', phase: null, remaining: null, share: 1 })
  })

  it('of another repeat than the first', async () => {
    const state = await readAt((replay, dir) =>
      writeStage(dir, {
        stage: 'running',
        text: '',
        since: new Date(replay.nowMs(150)).toISOString(),
        repeat: 2,
        of: 3,
        resultDir: null,
      }),
    )
    expect(state).to.deep.include({ repeat: 2, repeats: 3, phase: null, done: [] })
  })
})
