import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readResults } from '../../../../src/lib/instrument/filesystem/read/read-results.js'
import type { FilesystemResult } from '../../../../src/lib/instrument/filesystem/result.js'
import { nodeFacts } from '../../../../src/lib/instrument/filesystem/submission/node-facts.js'
import { plainStyle } from '../../../../src/lib/report/style.js'
import { visibleWidth } from '../../../../src/lib/report/wrap.js'
import { submissionView } from '../../../../src/lib/services/lustre/face/submission-view.js'
import { saveSubmission } from '../../../../src/lib/services/lustre/submission.js'
import type { Instance } from '../../../../src/lib/state/schema.js'
import { contextWith } from '../../../support/context.js'
import { filesystemResult, repeat } from '../../../support/filesystem-result.js'
import { instanceWith } from '../../../support/instances.js'
import { sample } from '../../../support/io500-samples.js'
import { rejection } from '../../../support/surroundings.js'

const RESULTS = sample('valid-300s/results/2026.11.23-14.40.01')
const STAMP = '2026.11.27-02.00.05'
const score = (total: number) => ({ total, bandwidthGiBPerSecond: 1, metadataKiops: 1 })
const REPEATS = [
  repeat({ score: score(100) }),
  repeat({ number: 2, resultDir: 'results/2', score: score(127.3) }),
  repeat({ number: 3, resultDir: 'results/3', score: score(900), valid: false }),
]

async function contextWithRun(result: FilesystemResult | null, change: Partial<Instance> = {}) {
  const context = await contextWith()
  const runDir = join(context.folder, 'runs', 'io500-k3f9')
  await mkdir(join(runDir, 'results'), { recursive: true })
  await cp(RESULTS, join(runDir, 'results', '2'), { recursive: true })
  const end = { repeat: 2, argv: ['mpirun'], launcher: 'mpirun', exitCode: 0, signal: null }
  const times = { startedAt: '2026-11-27T02:00:05.123Z', endedAt: '2026-11-27T03:00:00.000Z' }
  const node = { node: 'n1', facts: nodeFacts({ kernel: '5.14.0\n' }) }
  const storage = { capacityBytes: 2 ** 49, mountOptions: 'rw,flock' }
  const files = {
    'job.env': 'TOKEN=secret-1',
    'hf.token': 'secret-2',
    'job.sh': 'echo job',
    'service.sh': 'echo service',
    'stdout.log': 'it ran',
    'layout.txt': 'lfs setstripe',
    'config.ini': '[global]\n',
    'run-2.ini': '[global]\ndatadir = /d\n[find]\nexternal-script =\n',
    'ends.json': JSON.stringify([{ ...end, ...times, seconds: 10 }]),
    'node-facts.json': JSON.stringify({ nodes: [node], storage }),
    'probe.json': JSON.stringify({ health: { osts: 32, mdts: 4 } }),
    ...(result && { 'result.json': JSON.stringify(result) }),
  }
  for (const [name, content] of Object.entries(files)) await writeFile(join(runDir, name), content)
  await context.state.update((draft) => {
    draft.instances.k3f9 = instanceWith({
      ...{ service: 'lustre', name: 'io500', shape: 'batch', endpoint: null, runDir },
      ...{ options: { task: 'io500' }, phase: 'ended', endedAt: times.endedAt },
      hooks: { ready: null, ended: times.endedAt },
      ...change,
    })
  })
  return context
}

describe('what is handed in to IO500', () => {
  it('has the best valid repeat, what was said of it, and nothing secret', async () => {
    await using context = await contextWithRun(filesystemResult(REPEATS))
    const unpacked = join(context.folder, 'unpacked')
    await mkdir(unpacked)
    const report = await saveSubmission(context, { out: context.folder, force: false })
    expect(report).to.include({ repeat: 2, score: 127.3 })
    expect(report.path).to.match(new RegExp(`/io500-[\\w.-]+-${STAMP}\\.tgz$`))
    execFileSync('tar', ['xzf', report.path, '-C', unpacked])
    const made = ['checklist.txt', 'system-information.json']
    const beside = ['ends.json', 'job.sh', 'layout.txt', 'stdout.log']
    expect(await readdir(unpacked)).to.have.members([STAMP, ...beside, ...made])
    expect(await readdir(join(unpacked, STAMP))).to.have.members([
      ...(await readdir(RESULTS)),
      ...['given.ini', 'run.ini', 'service.sh'],
    ])
    expect(execFileSync('grep', ['-rc', 'it ran', unpacked]).toString()).to.match(/stdout.log:1/)
    const information = await readFile(join(unpacked, 'system-information.json'), 'utf8')
    for (const found of ['"score": "127.3"', '5.14.0', 'rw,flock', '"targets": "32"', '"512"'])
      expect(information).to.include(found)
    const list = await readFile(join(unpacked, 'checklist.txt'), 'utf8')
    expect(list).to.include('[x] The run is valid').and.to.include('[x] Another find than pfind')
    const [first] = await readResults(report.path)
    expect(first).to.deep.include({ kind: 'io500' })
  })

  it('is told within 80 columns, with what to do and where to send it', async () => {
    await using context = await contextWithRun(filesystemResult(REPEATS))
    const report = await saveSubmission(context, { out: context.folder, force: false })
    const shown = submissionView({ ...report, path: 'x.tgz' }, plainStyle)
    for (const line of shown.split('\n')) expect(visibleWidth(line)).to.be.at.most(80)
    expect(shown).to.match(/To do \(\d+\)\n {2}○ .*\n {4}/)
    expect(shown).to.include('https://io500.org/')
  })

  it('does not replace a file unasked', async () => {
    await using context = await contextWithRun(filesystemResult(REPEATS))
    const out = join(context.folder, 'x.tgz')
    await writeFile(out, 'mine')
    const error = await rejection(saveSubmission(context, { out, force: false }))
    expect(error).to.include({ exitCode: 2, code: 'AIB_EXISTS' })
    expect(error.hints).to.include('--output FILE.tgz   # another name')
    expect(await readFile(out, 'utf8')).to.equal('mine')
    await saveSubmission(context, { out, force: true })
    expect(await readFile(out, 'utf8')).to.not.equal('mine')
  })

  const cutOff = repeat({ isComplete: false, valid: false, exitCode: 1, score: null })
  for (const [what, result, change, exitCode] of [
    ['a run that was cut off', filesystemResult([cutOff], { complete: false }), {}, 2],
    ['a run without a result', null, {}, 4],
    ['a run that goes on', null, { phase: 'running', endedAt: null }, 2],
  ] as const)
    it(`is not made of ${what}`, async () => {
      await using context = await contextWithRun(result, change)
      const error = await rejection(saveSubmission(context, { out: context.folder, force: false }))
      expect(error).to.include({ exitCode, code: 'AIB_RUN_NOT_COMPLETE' })
      expect((await readdir(context.folder)).filter((name) => name.endsWith('.tgz'))).to.be.empty
    })

  it('is not made of a run of IOR', async () => {
    await using context = await contextWithRun(null, { options: { task: 'ior' } })
    const request = { out: context.folder, force: false }
    expect(await rejection(saveSubmission(context, request))).to.include({ exitCode: 4 })
    const named = rejection(saveSubmission(context, { ...request, name: 'io500' }))
    expect(await named).to.include({ exitCode: 2, code: 'AIB_NOT_IO500' })
  })
})
