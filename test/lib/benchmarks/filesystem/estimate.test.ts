import { expect } from 'chai'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { estimateRun, requestFrom } from '../../../../src/lib/benchmarks/filesystem/estimate.js'
import {
  estimateLine,
  estimateView,
} from '../../../../src/lib/benchmarks/filesystem/face/estimate-view.js'
import { plainStyle } from '../../../../src/lib/report/style.js'
import { contextWith, type Answers } from '../../../support/context.js'
import { filesystemResult, phase, repeat } from '../../../support/filesystem-result.js'
import { rejection } from '../../../support/surroundings.js'

/** A Lustre of 1000 TiB with 2.6 billion files to spare, and a quota of the group. */
const LUSTRE: Answers = [
  [/^stat -f/, { stdout: 'lustre 4096 268435456000 2662500000 2662500000\n' }],
  [/^stat -c/, { stdout: '777 2755\n' }],
  [/^lfs quota -g 777/, { stdout: '  /s  0  0  10737418240  -  5  0  0  -\n' }],
  [/^lfs /, {}],
]

describe('lustre estimate', () => {
  const given = { nodes: 10, tasksPerNode: 16, preset: 'full', dir: '/scratch/p1' } as const

  it('shows what is written, how long it takes, what is billed, and what it is held against', async () => {
    await using context = await contextWith([], { answers: LUSTRE })
    const request = requestFrom(context, {}, { ...given, timeLimitMs: 7_200_000 })
    const report = await estimateRun(context, request)
    expect(report.fits).to.equal('maybe')
    expect(estimateView(report, { ...plainStyle, columns: 80 }).split('\n')).to.deep.equal([
      'IO500 · 10 nodes, 160 processes · preset full · stonewall 300 s',
      '/scratch/p1 (Lustre)',
      '',
      '              most likely            8 in 10 runs',
      '  writes         16.6 TiB         5.82 – 43.7 TiB',
      '  makes      52.9 million      15.6 – 113 million',
      '  takes             1h05m             51m – 1h46m',
      '  bills   10.8 node-hours  8.51 – 17.6 node-hours  whole nodes',
      '',
      '                           there is',
      '  space                   1 000 TiB  is enough',
      '  files               2 660 million  is enough',
      '  group quota, space       10.0 TiB  is likely too little',
      '  time limit                     2h  is enough',
      '',
      '  From 50 public results of Lustre, scaled to 10 nodes.',
      '',
      '! may not fit: group quota, space · time to ask for: --time 2h',
      '  --preset quick writes a tenth; its result is not valid',
    ])
    expect(estimateLine(report)).to.match(
      /^bytes=\d+ files=\d+ seconds=\d+ node_hours=[\d.]+ fits=maybe$/,
    )
  })

  it('refuses the test QoS of 30 minutes for a run of 300 s, and takes a quick one', async () => {
    const answers: Answers = [...LUSTRE, [/^sacctmgr .* qos test/, { stdout: '00:30:00\n' }]]
    await using context = await contextWith([], { answers })
    const fits = async (preset: 'full' | 'quick') => {
      const request = { ...requestFrom(context, {}, given), preset, qos: 'test' }
      const { checks } = await estimateRun(context, request)
      return checks.find(({ what }) => what === 'QoS test')!.fits
    }
    expect(await fits('full')).to.equal('no')
    expect(await fits('quick')).to.equal('yes')
  })

  it('reads the ini that is given, and says when there is none', async () => {
    await using context = await contextWith([], { answers: LUSTRE })
    const ini = join(context.folder, 'my.ini')
    await writeFile(ini, '[debug]\nstonewall-time = 5\n[ior-easy]\nblockSize = 1m\n')
    const report = await estimateRun(context, requestFrom(context, {}, { ...given, ini }))
    expect(report).to.deep.include({ ini: 'my.ini', stonewallSeconds: 5 })
    expect(report.boundedBy).to.deep.equal(['[ior-easy] blockSize'])
    const missing = requestFrom(context, {}, { ...given, ini: '/no/such.ini' })
    expect(await rejection(estimateRun(context, missing))).to.include({ code: 'AIB_NO_INI' })
  })

  it('counts on what earlier runs on the same directory did', async () => {
    await using context = await contextWith([], { answers: LUSTRE })
    const dir = await mkdtemp(join(tmpdir(), 'aibench-estimate-'))
    after(() => rm(dir, { recursive: true }))
    await mkdir(join(dir, 'run'))
    const names = ['ior-easy-write', 'mdtest-easy-write', 'ior-hard-write', 'mdtest-hard-write']
    const phases = names.map((name) => phase({ name, value: 1, seconds: 300 }))
    const result = filesystemResult([repeat({ phases })])
    await writeFile(join(dir, 'run', 'result.json'), JSON.stringify(result))
    await context.state.update((draft) => {
      draft.runs.k3f9 = {
        ...{ id: 'k3f9', service: 'lustre', instance: null, job: null, target: '/scratch' },
        ...{ dir: join(dir, 'run'), verdict: 'ok', summary: null },
        ...{ startedAt: result.startedAt, endedAt: result.endedAt },
      }
    })
    const report = await estimateRun(
      context,
      requestFrom(context, {}, { ...given, dir: '/scratch/p1/io500' }),
    )
    expect(report.basis).to.equal('1 result of your own, scaled to 10 nodes')
    expect(report.bytes.p50).to.equal(600 * 2 ** 30 + 300_000 * 4096)
    const elsewhere = await estimateRun(context, requestFrom(context, {}, given))
    expect(elsewhere.basis).to.match(/public results of Lustre/)
  })

  it('says of a disk of this machine that several nodes do not write to it', async () => {
    const answers: Answers = [[/^stat -f/, { stdout: 'xfs 4096 268435456000 10 10\n' }]]
    await using context = await contextWith([], { answers })
    const textFor = async (nodes: number) => {
      const report = await estimateRun(context, requestFrom(context, {}, { ...given, nodes }))
      return estimateView(report, plainStyle)
    }
    expect(await textFor(2)).to.include('! A disk of this machine; where all nodes write')
    expect(await textFor(1)).not.to.include('A disk of this machine')
  })

  it('fits the width of the terminal', async () => {
    await using context = await contextWith([], { answers: LUSTRE })
    const report = await estimateRun(context, requestFrom(context, {}, { ...given, repeats: 3 }))
    for (const columns of [40, 60, 80, 120])
      for (const line of estimateView(report, { ...plainStyle, columns }).split('\n'))
        expect(line.length, line).to.be.at.most(columns)
  })
})
