import { expect } from 'chai'
import fc from 'fast-check'
import type {
  EarlierRun,
  EstimateAsk,
} from '../../../../../src/lib/instrument/filesystem/corpus/contract.js'
import { estimateFor } from '../../../../../src/lib/instrument/filesystem/corpus/estimate-for.js'
import {
  estimate,
  estimateFrom,
} from '../../../../../src/lib/instrument/filesystem/corpus/estimate.js'
import { meluxina, publicList } from '../../../../../src/lib/instrument/filesystem/corpus/lists.js'
import type { Runner } from '../../../../../src/lib/instrument/filesystem/corpus/room.js'
import { parseIni } from '../../../../../src/lib/instrument/filesystem/ini/ini.js'
import type { Finished } from '../../../../../src/lib/platform/processes.js'

const TIB = 2 ** 40
const TEN: EstimateAsk = { nodes: 10, tasks: 160, stonewallSeconds: 300 }

describe('the estimate of a run', () => {
  it('is in order, and bills whole nodes', async () => {
    const { bytes, inodes, wallSeconds, nodeHours } = await estimate(TEN)
    for (const { p10, p50, p90 } of [bytes, inodes, wallSeconds, nodeHours]) {
      expect(p10).to.be.below(p50)
      expect(p50).to.be.below(p90)
    }
    expect(nodeHours.p50).to.equal((10 * wallSeconds.p50) / 3600)
    expect(bytes.p50).to.be.within(5 * TIB, 50 * TIB)
  })

  it('says of MeluXina what MeluXina had: 242 TiB and 170 million files, within the range from the others alone', async () => {
    const { results } = await publicList('all')
    const others = results.filter(({ institution }) => institution !== 'LuxProvide')
    const { bytes, inodes, wallSeconds } = estimateFrom(others, {
      nodes: 512,
      tasks: 12_288,
      stonewallSeconds: 300,
    })
    expect(241.8 * TIB).to.be.within(bytes.p10, bytes.p90)
    expect(170.5e6).to.be.within(inodes.p10, inodes.p90)
    expect(4289).to.be.within(wallSeconds.p10, wallSeconds.p90)
  })

  it('says the same again of the same nodes, from its own result', async () => {
    const row = await meluxina()
    const history = [earlier(row)]
    const ask = { nodes: 512, tasks: 12_288, stonewallSeconds: 300, history }
    const { bytes, inodes, wallSeconds, basis } = await estimate(ask)
    // Easy and hard: 440.64 GiB/s for 561.9 s, 6.91 GiB/s for 4 to 6 minutes, and a block for each small file.
    expect(bytes.p50).to.be.within(241.8 * TIB, 246 * TIB)
    expect(inodes.p50).to.be.within(170e6, 171e6)
    expect(wallSeconds.p50).to.be.within(4289, 4289 + 400)
    expect(basis).to.equal('1 result of your own, scaled to 512 nodes')
  })

  it('is bound by the ini where the clock would allow more', async () => {
    const { config } = parseIni(
      '[ior-easy]\nblockSize = 1g\n[ior-hard]\nsegmentCount = 1000\n[mdtest-easy]\nn = 10\n[mdtest-hard]\nn = 20\n',
    )
    const { bytes, inodes, wallSeconds, boundedBy } = await estimate({ ...TEN, config })
    const most = 160 * (2 ** 30 + 1000 * 47_008 + 20 * 4096)
    expect(bytes.p90).to.equal(most)
    expect(inodes.p90).to.equal(160 * (10 + 20 + 2))
    expect(boundedBy).to.deep.equal([
      '[ior-easy] blockSize',
      '[mdtest-easy] n',
      '[ior-hard] segmentCount',
      '[mdtest-hard] n',
    ])
    expect(wallSeconds.p90).to.be.below((await estimate(TEN)).wallSeconds.p10)
  })

  it('leaves out what is switched off', async () => {
    const { config } = parseIni('[ior-easy]\nrun = FALSE\n[mdtest-easy-write]\nrun = 0\n')
    const [all, some] = await Promise.all([estimate(TEN), estimate({ ...TEN, config })])
    expect(some.bytes.p50).to.be.below(all.bytes.p50 / 3)
    expect(some.wallSeconds.p50).to.be.below(all.wallSeconds.p50 - 900)
  })

  it('repeats the time and not the space', async () => {
    const [one, three] = await Promise.all([estimate(TEN), estimate({ ...TEN, repeats: 3 })])
    expect(three.bytes).to.deep.equal(one.bytes)
    expect(three.wallSeconds.p50).to.be.within(2.9 * one.wallSeconds.p50, 3 * one.wallSeconds.p50)
  })

  it('never falls with more nodes of as many processes each', async () => {
    const { results } = await publicList('all')
    const nodes = fc.integer({ min: 1, max: 2000 })
    const each = fc.integer({ min: 1, max: 256 })
    const wall = fc.constantFrom(1, 2, 30, 300)
    fc.assert(
      fc.property(nodes, nodes, each, wall, (a, b, perNode, stonewallSeconds) => {
        const of = (count: number) =>
          estimateFrom(results, { nodes: count, tasks: count * perNode, stonewallSeconds })
        const [small, large] = [of(Math.min(a, b)), of(Math.max(a, b))]
        for (const what of ['bytes', 'inodes', 'nodeHours'] as const)
          for (const share of ['p10', 'p50', 'p90'] as const)
            expect(small[what][share]).to.be.at.most(large[what][share] * (1 + 1e-9))
      }),
      { numRuns: 30 },
    )
  })
})

describe('what an estimate is held against', () => {
  it('is the room of the file system, the quotas and the limits of time', async () => {
    const report = await estimateFor(
      { ...TEN, dir: '/scratch', limits: [{ what: 'time limit', seconds: 1800 }] },
      answering({
        'stat -f': 'lustre 4096 26843545600 2662500000 2662500000\n',
        'stat -c': '777 2755\n',
        'lfs quota -u': '  /scratch  0  0  0  -  5  0  0  -\n',
        'lfs quota -g 777': '  /scratch  1024  0  1073741824  -  5  0  100000000  -\n',
        'lfs project': '42 P /scratch\n',
        'lfs quota -p 42': '  /scratch  10*  5  5  none  5  0  0  -\n',
      }),
    )
    const found = report.checks.map(({ what, available, fits }) => [what, available, fits])
    expect(found).to.deep.equal([
      ['space', 100 * TIB, 'yes'],
      ['files', 2_662_500_000, 'yes'],
      ['group quota, space', TIB - 2 ** 20, 'no'],
      ['group quota, files', 99_999_995, 'maybe'],
      ['project quota, space', 0, 'no'],
      ['time limit', 1800, 'no'],
    ])
    expect(report.fits).to.equal('no')
  })

  it('is nothing that nobody answers: a dead server, no lfs, another system', async () => {
    const mute: Runner = { run: () => Promise.resolve(finished({ timedOut: true })) }
    const report = await estimateFor({ ...TEN, dir: '/dead' }, mute)
    expect(report.checks.map(({ fits }) => fits)).to.deep.equal([null, null])
    expect(report.fits).to.equal('yes')
  })

  it('is that of the nearest directory that is there', async () => {
    const asked: string[] = []
    const report = await estimateFor(
      { ...TEN, dir: '/a/b/c' },
      {
        run: (_, args) => {
          const path = args.at(-1)!
          asked.push(path)
          return Promise.resolve(finished({ stdout: path === '/' ? 'xfs 4096 10 7 9\n' : '' }))
        },
      },
    )
    expect(asked).to.deep.equal(['/a/b/c', '/a/b', '/a', '/'])
    expect(report.checks[0]).to.deep.include({ available: 40_960, fits: 'no' })
    expect(report).to.deep.include({ type: 'xfs', basis: 'what disks of one machine usually do' })
  })

  it('asks nothing where no directory is named', async () => {
    const never: Runner = { run: () => Promise.reject(new Error('asked')) }
    expect((await estimateFor({ ...TEN, dir: null }, never)).checks).to.deep.equal([])
  })
})

function earlier(row: Awaited<ReturnType<typeof meluxina>>): EarlierRun {
  const phases = [...row.phases].map(([name, figures]) => ({ name, ...figures }))
  return { nodes: row.nodes, procs: row.procs, stonewallSeconds: 300, phases }
}

function finished(what: Partial<Finished>): Finished {
  return { exitCode: 0, stdout: '', stderr: '', timedOut: false, missing: false, ...what }
}

function answering(answers: Readonly<Record<string, string>>): Runner {
  return {
    run(command, args) {
      const line = [command, ...args].join(' ')
      const [, stdout] = Object.entries(answers).find(([start]) => line.startsWith(start)) ?? []
      return Promise.resolve(finished(stdout === undefined ? { missing: true } : { stdout }))
    },
  }
}
