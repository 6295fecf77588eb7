import { expect } from 'chai'
import { join } from 'node:path'
import type {
  DeathCause,
  Generation,
  Io500Run,
  ReadResult,
} from '../../../../../src/lib/instrument/filesystem/read/contract.js'
import { readResults } from '../../../../../src/lib/instrument/filesystem/read/read-results.js'
import { filesOf, sample, textOf } from '../../../../support/io500-samples.js'

interface Expected {
  name: string
  generation?: Generation
  /** null: nowhere told. */
  procs: number | null
  nodes: number | null
  /** Of the phases that began, those with a value; the time stamp has none. */
  done: number
  began: number
  total?: number
  isMarkedInvalid?: boolean
  died?: [phase: string | null, cause: DeathCause]
}

const whole = (name: string, total: number, more: Partial<Expected> = {}): Expected => ({
  ...{ name, total, procs: 2, nodes: 1, done: 13, began: 14, isMarkedInvalid: true },
  ...more,
})
const died = (
  name: string,
  [done, began]: [number, number],
  phase: string | null,
  cause: DeathCause,
  more: Partial<Expected> = {},
): Expected => ({ name, done, began, procs: 2, nodes: 1, died: [phase, cause], ...more })
/** It did not come to write a result.txt. */
const refused = (name: string, cause: DeathCause): Expected =>
  died(name, [0, 0], null, cause, { procs: null, nodes: null })

const RUNS: readonly Expected[] = [
  whole('valid-300s', 1.841745, { isMarkedInvalid: false }),
  whole('valid-scc-30s', 3.317776, { isMarkedInvalid: false }),
  whole('invalid-short-stonewall', 15.064116),
  // Its writes took 30 s of the 300, and it says so in a comment only.
  whole('validity-gap-stonewall31', 3.388849, { isMarkedInvalid: false }),
  whole('dropcaches-no-sudo', 3.097235),
  whole('posix-np1', 6.30906, { procs: 1 }),
  whole('posix-np4', 8.111974, { procs: 4 }),
  whole('mpiio-ior-only', 2.420101),
  whole('singleton-pipe-buffered', 2.6363, { procs: 1 }),
  whole('singleton-stdbuf', 2.634079, { procs: 1 }),
  whole('two-singletons-wrong-pmi', 1.996177, { procs: 1 }),
  whole('live-progress', 9.011153),
  whole('dry-run', 0, { nodes: null }),
  whole('extended-mode', 8.706474, { done: 18, began: 19 }),
  whole('timestamp-arg', 9.540583),
  whole('external-find', 3.273051),
  whole('files-per-dir', 2.059328),
  whole('verbosity5', 2.653004),
  whole('io500-sh-run', 5.477735, { procs: null, nodes: null }),
  whole('version-io500-isc23', 6.235556, { done: 12, began: 13 }),
  whole('version-io500-isc24', 5.818507, { done: 12, began: 13 }),
  whole('version-io500-sc25', 1.236312),
  whole('version-io500-isc26', 3.731846),
  whole('version-io500-isc24-extended', 4.665641, { done: 21, began: 22 }),
  whole('version-io500-isc26-extended', 2.869586, { done: 22, began: 23 }),
  died('killed-sigterm', [1, 2], 'mdtest-easy-write', 'unknown'),
  died('killed-sigkill', [1, 2], 'mdtest-easy-write', 'unknown'),
  died('rank-killed', [1, 2], 'mdtest-easy-write', 'killed'),
  died('enospc', [0, 1], 'ior-easy-write', 'no-space'),
  died('bad-blocksize', [0, 1], 'ior-easy-write', 'block-size', { nodes: null }),
  died('posix-odirect', [2, 4], 'ior-hard-write', 'odirect'),
  died('mpiio-collective', [1, 2], 'mdtest-easy-write', 'api-without-mdtest'),
  died('phases-off', [7, 9], 'ior-hard-read', 'missing-file'),
  died('external-find-missing', [0, 0], null, 'configuration', { nodes: null }),
  died('unwritable-datadir', [0, 0], null, 'no-directory', { nodes: null }),
  refused('unwritable-resultdir', 'no-directory'),
  refused('bad-api', 'api-missing'),
  refused('bad-option', 'configuration'),
  refused('bad-section', 'configuration'),
  refused('bad-value', 'configuration'),
  refused('bad-mode', 'configuration'),
  refused('ini-old-on-new', 'configuration'),
  refused('ini-new-on-old', 'configuration'),
  refused('mpirun-as-root', 'launcher'),
  refused('mpirun-not-enough-slots', 'launcher'),
  ...[
    whole('bash-2018', 12.8704, { generation: 'bash', procs: 80, nodes: 8, done: 12, began: 12 }),
    whole('bash-2019', 70.6409, { generation: 'bash', procs: 160, nodes: 10, done: 12, began: 12 }),
    whole('c-app-isc20', 97.671251, {
      generation: 'isc20',
      procs: 400,
      nodes: 10,
      done: 12,
      began: 13,
    }),
    whole('c-app-sc21-extended', 21.717851, { procs: 2520, nodes: 70, done: 21, began: 22 }),
    whole('c-app-isc25', 70.182966, { procs: 1920, nodes: 10 }),
    whole('c-app-sc25', 10.078942, { procs: 320, nodes: 10 }),
    whole('meluxina-isc21-512nodes', 194.11889, { procs: 12288, nodes: 512, done: 12, began: 13 }),
  ].map((one) => ({ ...one, name: `real-submissions/${one.name}`, isMarkedInvalid: false })),
]

const runsOf = (results: readonly ReadResult[]): Io500Run[] =>
  results.flatMap((result) => (result.kind === 'io500' ? [result.run] : []))
const only = async (name: string): Promise<Io500Run> => {
  const results = await readResults(sample(name))
  expect(results).to.have.lengthOf(1)
  return runsOf(results)[0]
}

describe('the samples of IO500', () => {
  for (const expected of RUNS)
    it(`reads ${expected.name}`, async () => {
      const run = await only(expected.name)
      expect({
        generation: run.generation,
        procs: run.procs,
        nodes: run.nodes,
        done: run.phases.filter(({ value }) => value !== null).length,
        began: run.phases.length,
        total: run.score?.total,
        isMarkedInvalid: run.score?.isMarkedInvalid,
        died: run.death ? [run.death.phase, run.death.cause] : undefined,
        truncated: run.truncated,
      }).to.deep.equal({
        generation: 'io500',
        total: undefined,
        isMarkedInvalid: undefined,
        died: undefined,
        truncated: expected.total === undefined,
        ...Object.fromEntries(Object.entries(expected).filter(([key]) => key !== 'name')),
        ...(expected.died ? { isMarkedInvalid: undefined } : {}),
      })
      if (run.death && run.death.cause !== 'unknown') {
        const { file, line, text } = run.death.evidence!
        expect(textOf(join(expected.name, file)).split('\n')[line - 1]).to.contain(text)
      }
    })

  it('finds the values that every summary prints', async () => {
    let lines = 0
    for (const { name } of RUNS) {
      const run = await only(name)
      for (const file of filesOf(name).filter((one) => one.endsWith('result_summary.txt')))
        for (const line of textOf(join(name, file)).split('\n')) {
          const [mark, ...words] = line.split(/\s+/)
          if (!/^\[(RESULT\])?$/.test(mark)) continue
          const value = words.find((word) => /^\d+\.\d+$/.test(word))!
          const written = words[words.indexOf(value) - 1]
          const phase = run.phases.find((one) => one.name === written.replaceAll('_', '-'))
          if (written === 'timestamp') continue
          lines++
          // Two programs wrote over each other here: what stands is the one's or the other's.
          if (!name.startsWith('two-'))
            expect(phase?.value, `${name} ${line}`).to.equal(Number(value))
          expect(phase?.isMarkedInvalid, `${name} ${line}`).to.equal(line.includes('[INVALID]'))
          expect(phase?.unit, `${name} ${line}`).to.equal(
            line.includes(' kIOPS ') || line.includes(' kiops ') ? 'kIOPS' : 'GiB/s',
          )
        }
    }
    expect(lines).to.be.above(350)
  })

  it('has what IOR and mdtest say of their phases', async () => {
    const run = await only('real-submissions/meluxina-isc21-512nodes')
    const [easy, files] = run.phases
    expect(easy.ior).to.deep.include({
      ...{ version: '3.4.0+dev', machine: 'Linux mel0001', nodes: 512, tasks: 12288 },
      ...{ tasksPerNode: 24, transferBytes: 2 ** 20, blockBytes: 2 ** 35, isComplete: false },
      stonewalls: [{ minPairs: 2966, maxPairs: 20594, seconds: 305.1 }],
      fileSystem: {
        size: '509.8 TiB',
        usedPercent: 1.5,
        inodes: '2662.5 Mi',
        usedInodesPercent: 8,
      },
    })
    expect(easy.ior!.results).to.deep.equal([
      {
        ...{
          access: 'write',
          bandwidthMiBPerSecond: 451218,
          iops: 451500,
          latencySeconds: 0.013704,
        },
        ...{ openSeconds: 0.304468, transferSeconds: 560.49, closeSeconds: 0.046106 },
        ...{ totalSeconds: 560.84, iteration: 0 },
      },
    ])
    expect(files.mdtest).to.deep.include({ tasks: 12288, nodes: 512, isComplete: true })
    expect(files.mdtest!.rates[0]).to.deep.include({ operation: 'File creation' })
    expect(run.phases.find(({ name }) => name === 'find')!.values).to.deep.equal({
      ...{ nproc: '12288', found: '3540009', 'total-files': '170151939' },
    })
  })

  it('has the columns of an IOR that had no IOPS yet', async () => {
    const run = await only('real-submissions/bash-2018')
    expect(run.phases[0].ior!.results[0]).to.deep.include({
      ...{ bandwidthMiBPerSecond: 14314, iops: null, openSeconds: 0.012369, totalSeconds: 335.34 },
    })
  })

  it('has the configuration: what counted, or before 2021 what was asked for', async () => {
    const today = await only('valid-scc-30s')
    expect(today.isConfigEffective).to.equal(true)
    expect(today.config!.get('debug')!.get('stonewall-time')).to.equal('30')
    expect(today.configPairs).to.deep.include(['transferSize', '2m'])
    expect(today.configPairs).to.deep.include(['external-mpi-args', ''])
    const before = await only('real-submissions/c-app-isc20')
    expect(before.isConfigEffective).to.equal(false)
    expect(before.config!.get('ior-easy')!.get('transfersize')).to.equal('16m')
  })

  it('takes what was found before the first phase for no phase’s', async () => {
    for (const name of ['validity-gap-stonewall31', 'files-per-dir', 'io500-sh-run']) {
      const { messages } = await only(name)
      const early = messages.filter(
        ({ level, text }) => level === 'invalid' && /stonewall-time|files-per-dir/.test(text),
      )
      expect(early, name).to.not.deep.equal([])
      for (const { level, phase } of early)
        expect({ level, phase }).to.deep.equal({ level: 'invalid', phase: null })
    }
    const { messages } = await only('io500-sh-run')
    expect(messages.at(-1)).to.deep.include({ phase: 'mdtest-hard-write', level: 'invalid' })
  })

  it('sees that two programs wrote into one result', async () => {
    const run = await only('two-singletons-wrong-pmi')
    expect(run.conflicts.length).to.be.above(10)
    expect(run.conflicts.map(({ key }) => key)).to.include('total')
    expect(run.damage).to.not.deep.equal([])
    for (const { name } of RUNS.filter((one) => one.name !== 'two-singletons-wrong-pmi')) {
      const { conflicts, damage } = await only(name)
      expect({ name, conflicts, damage }).to.deep.equal({ name, conflicts: [], damage: [] })
    }
  })

  it('keeps apart the runs of one directory', async () => {
    const runs = runsOf(await readResults(sample('rerun-leftovers')))
    expect(runs.map(({ score }) => score?.total)).to.deep.equal([0, undefined, 8.11926])
    const all = runsOf(await readResults(sample('real-submissions')))
    expect(all.map(({ nodes }) => nodes)).to.have.members([8, 10, 10, 10, 10, 70, 512])
    // The folder of all: each directory's is found again, and what is said alike in two of them stays two.
    const everything = runsOf(await readResults(sample('.')))
    expect(everything.map(({ death }) => death?.cause)).to.have.members(
      [
        ...RUNS.map((expected) => expected.died?.[1]),
        ...[undefined, 'unknown', undefined, 'permission', 'permission'],
      ].filter((cause) => cause !== 'api-missing' && cause !== 'launcher'),
    )
    const refusals = runsOf(await readResults(sample('non-root-unwritable')))
    expect(refusals.map(({ death }) => death!.cause)).to.deep.equal(['permission', 'permission'])
  })

  it('finds no result in what io500 says about itself', async () => {
    await readResults(sample('cli-info')).then(
      () => expect.fail('it was taken for a result'),
      (error: { code: string }) => expect(error.code).to.equal('AIB_NO_RESULT'),
    )
  })
})

describe('the samples of IOR', () => {
  const results = new Map<string, Extract<ReadResult, { kind: 'ior' }>['report'][]>()
  before(async () => {
    for (const result of await readResults(sample('ior-standalone')))
      if (result.kind === 'ior')
        results.set(result.source, [...(results.get(result.source) ?? []), result.report])
  })

  it('finds each that has any', () => {
    expect([...results.keys()].sort()).to.deep.equal([
      ...['bad-dir.stdout', 'csv.stdout', 'json-to-file.summary.json', 'json.stdout'],
      ...['mpiio-collective.stdout', 'multitest.stdout', 'plain-3iter-ssf-readwrite.stdout'],
      ...['plain.stdout', 'random4k.stdout', 'rankcsv.stdout', 'script.stdout'],
      ...['stonewall-json.stdout', 'stonewall.stdout', 'verbose2.stdout'],
    ])
  })

  it('reads text, CSV and JSON alike', () => {
    const access = (name: string) =>
      results
        .get(name)!
        .map((report) =>
          report.results.map(({ access: word, iteration }) => `${word} ${iteration}`),
        )
    const twice = [['write 0', 'read 0', 'write 1', 'read 1']]
    expect(access('csv.stdout')).to.deep.equal(twice)
    expect(access('json.stdout')).to.deep.equal(twice)
    expect(access('plain.stdout')).to.deep.equal([['write 0', 'read 0']])
    // No decimals from 3600 up, and a dash for none.
    expect(results.get('script.stdout')![1].results[1]).to.deep.include({
      ...{ bandwidthMiBPerSecond: 12739, iops: 52470, latencySeconds: 0.000025 },
    })
    expect(results.get('verbose2.stdout')![0].results[2]).to.deep.include({
      ...{ access: 'remove', bandwidthMiBPerSecond: null, totalSeconds: 0.009097 },
    })
  })

  it('takes each test of a script for itself', () => {
    const tests = results.get('script.stdout')!
    expect(tests.map(({ transferBytes }) => transferBytes)).to.deep.equal([2 ** 20, 2 ** 18])
    expect(tests.map(({ isComplete }) => isComplete)).to.deep.equal([true, true])
  })

  it('repairs the JSON that a stonewall breaks, and says so', () => {
    const [report] = results.get('stonewall-json.stdout')!
    expect(report).to.deep.include({ isRepaired: true, isComplete: true, nodes: 1, tasks: 2 })
    expect(report.results[0]).to.deep.include({ access: 'write', bandwidthMiBPerSecond: 378.6653 })
    expect(report.stonewalls).to.deep.equal([{ minPairs: 225, maxPairs: 271, seconds: 1 }])
    const lines = textOf('ior-standalone/stonewall-json.stdout').split('\n')
    for (const { line, text } of report.warnings) expect(lines[line - 1]).to.equal(text)
    expect(report.warnings).to.have.lengthOf(6)
    expect(results.get('json.stdout')![0].isRepaired).to.equal(false)
  })

  it('keeps why one could not start', () => {
    const [report] = results.get('bad-dir.stdout')!
    expect(report).to.deep.include({ isComplete: false, results: [], nodes: 1, tasks: 2 })
    expect(report.warnings[1].text).to.match(/^ERROR: open64.*No such file or directory/)
  })
})

describe('the samples of mdtest', () => {
  it('reads the rates, and not the table that says ms and means seconds', async () => {
    const found = await readResults(sample('mdtest-standalone'))
    const reports = new Map(
      found.flatMap((result) => (result.kind === 'mdtest' ? [[result.source, result.report]] : [])),
    )
    expect([...reports.keys()]).to.deep.equal([
      ...['easy-like.stdout', 'hard-like.stdout', 'latency.stdout', 'plain.stdout'],
      ...['printalltimes.stdout', 'rankcsv.stdout', 'rate-and-time.stdout', 'stonewall.stdout'],
    ])
    const hard = reports.get('hard-like.stdout')!
    expect(hard).to.deep.include({
      tasks: 2,
      nodes: 1,
      items: 2000,
      iterations: 1,
      isComplete: true,
    })
    expect(hard.rates).to.have.lengthOf(6)
    expect(hard.rates[0]).to.deep.equal({
      ...{ operation: 'File creation', maxPerSecond: 353.961, minPerSecond: 353.961 },
      ...{ meanPerSecond: 353.961, stdDev: 0 },
    })
    expect(reports.get('plain.stdout')!.rates).to.have.lengthOf(10)
    expect(reports.get('stonewall.stdout')!.stonewall).to.deep.equal({
      min: 753,
      max: 876,
      average: 814.5,
    })
  })
})
