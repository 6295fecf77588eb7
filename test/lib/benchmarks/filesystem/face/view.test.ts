import { expect } from 'chai'
import { filesystem } from '../../../../../src/lib/benchmarks/filesystem/kind.js'
import { resultLine, resultView } from '../../../../../src/lib/benchmarks/filesystem/face/view.js'
import type { FilesystemResult } from '../../../../../src/lib/instrument/filesystem/result.js'
import { plainStyle } from '../../../../../src/lib/report/style.js'
import { fewNodes, filesystemResult, phase, repeat } from '../../../../support/filesystem-result.js'

const linesOf = (result: FilesystemResult, columns = 80, verdict: 'ok' | null = 'ok') =>
  resultView(result, { ...plainStyle, columns }, { service: 'lustre', verdict }).split('\n')

describe('the report of a file system benchmark', () => {
  it('shows the score, what is wrong, the phases, and what to type', () => {
    const text = linesOf(filesystemResult([repeat({ problems: [fewNodes] })]), 100)
    expect(text).to.deep.equal([
      'lustre io500 · run k3f9',
      'preset full · 10 nodes, 160 processes · stonewall 300 s · Lustre /scratch/p1/io500',
      'layout suggested · IO500 io500-isc26 · srun --mpi=pmix',
      '',
      '  score 127, valid · bandwidth 40.7 GiB/s · metadata 398 kIOPS',
      '',
      '  ! It ran on 4 nodes; the lists ask for 10.',
      '    Run it with --nodes 10.',
      '',
      '  phase                              time  percentile (lustre list)',
      '  ior-easy-write        194  GiB/s  5m13s  ━━━━━─────  50 %',
      '  mdtest-easy-write     356  kIOPS  5m05s  ━━━━━─────  50 %',
      '  ior-rnd4K-easy-read  1.25  GiB/s     5m                            not scored',
      '',
      'files: /home/u/runs/k3f9',
      'explain: aibench lustre explain k3f9    compare: aibench lustre compare k3f9',
      'keep: aibench lustre save',
      '✓ ok · score 127 · 40.7 GiB/s · 398 kIOPS',
    ])
  })

  it('shows of several repeats the one in the middle, and how far they lie apart', () => {
    const score = (total: number) => ({ total, bandwidthGiBPerSecond: 40, metadataKiops: 400 })
    const at = (number: number, total: number) =>
      repeat({ number, score: score(total), phases: [phase({ value: total })] })
    const facts = filesystemResult().workload
    const result = filesystemResult([at(1, 130), at(2, 110), at(3, 120)], {
      workload: { ...facts, repeats: 3 },
    })
    expect(result.score!.total).to.equal(120)
    expect(result.spread).to.deep.equal({ min: 110, median: 120, max: 130 })
    const text = linesOf(result, 100).join('\n')
    expect(text).to.include('score 120 (110 to 130 over 3 repeats), valid')
    expect(text).to.match(/ior-easy-write +120 +GiB\/s +110 to 130/)
    expect(text).to.match(/repeat +score/)
  })

  it('says that an invalid or unfinished run is one', () => {
    const invalid = filesystemResult([repeat({ valid: false })])
    expect(linesOf(invalid, 80, null).join('\n')).to.include('score 127, invalid')
    expect(filesystem.summary(invalid)).to.equal('score 127 · 40.7 GiB/s · 398 kIOPS · invalid')
    const cut = filesystemResult([repeat({ valid: false, isComplete: false, score: null })], {
      complete: false,
    })
    expect(linesOf(cut, 80, null).join('\n')).to.include('not complete')
    expect(filesystem.summary(cut)).to.match(/^ior-easy-write 194 GiB\/s · .* · not complete$/)
    expect(filesystem.summary(filesystemResult([]))).to.equal('nothing was measured')
  })

  it('tells a problem of all repeats once, the worst first', () => {
    const worse = { ...fewNodes, code: 'hash', severity: 'invalid' as const }
    const { problems } = filesystemResult([
      repeat({ problems: [fewNodes] }),
      repeat({ problems: [fewNodes, worse] }),
    ])
    expect(problems.map(({ code }) => code)).to.deep.equal(['hash', 'few-nodes'])
  })

  for (const columns of [60, 80, 100])
    it(`fits into ${columns} columns`, () => {
      const wide = linesOf(filesystemResult([repeat({ problems: [fewNodes] })]), columns)
      expect(wide.filter((line) => [...line].length > columns)).to.deep.equal([])
    })

  it('is one line for scripts, and figures for lists', () => {
    expect(resultLine(filesystemResult())).to.equal(
      'run=k3f9 score=127.3 bw_gib_s=40.7 md_kiops=398.2 complete=true valid=true',
    )
    expect(filesystem.figures(filesystemResult())).to.deep.equal({
      score: 127.3,
      bandwidthGiBPerSecond: 40.7,
      metadataKiops: 398.2,
      iorEasyWriteGiBPerSecond: 194.2,
      mdtestEasyWriteKiops: 356.1,
      iorRnd4KEasyReadGiBPerSecond: 1.25,
    })
  })
})
