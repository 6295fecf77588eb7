import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'
import { ZipArchive } from 'archiver'
import { pack } from 'tar-stream'
import { textsIn } from '../../../../../src/lib/instrument/filesystem/read/archive.js'
import type { FoundText } from '../../../../../src/lib/instrument/filesystem/read/files.js'
import { read } from '../../../../../src/lib/instrument/filesystem/read/read-results.js'
import type {
  Io500Run,
  Note,
  Reading,
  ReadResult,
} from '../../../../../src/lib/instrument/filesystem/read/contract.js'
import { filesOf, sample, textOf } from '../../../../support/io500-samples.js'

const VALID = 'valid-scc-30s/results/2026.11.23-14.31.10'
const TOTAL = 3.317776
const totals = ({ results }: Reading) =>
  results.map((result) => (result.kind === 'io500' ? result.run.score?.total : result.kind))

const phasesOf = (result: ReadResult) =>
  result.kind === 'io500'
    ? result.run.phases.map(({ name, value, ior, mdtest }) => [
        name,
        value,
        ior?.results,
        mdtest?.rates,
      ])
    : null

let home: string
const at = (name: string): string => join(home, name)
const refusal = async (path: string) => {
  try {
    return totals(await read(path))
  } catch (error) {
    const { name, code, exitCode, message } = error as Error & { code: string; exitCode: number }
    return { name, code, exitCode, message: message.replace(`${home}/`, '') }
  }
}

interface Entry {
  name: string
  content?: Buffer | string
  type?: 'file' | 'symlink' | 'link' | 'fifo'
  linkname?: string
}

/** An archive of any names, as no honest program makes it. */
async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack()
  for (const { content = '', ...header } of entries) archive.entry(header, content)
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

async function zipOf(path: string, entries: readonly Entry[]): Promise<void> {
  const archive = new ZipArchive()
  const sink = createWriteStream(path)
  archive.pipe(sink)
  for (const { name, content = '' } of entries) archive.append(content, { name })
  await archive.finalize()
  await finished(sink)
}

const ENTRIES: readonly Entry[] = filesOf(VALID).map((file) => ({
  name: `2026.11.23-14.31.10/${file}`,
  content: textOf(join(VALID, file)),
}))

describe('a result in any shape', () => {
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'read-'))))
  afterEach(() => {
    execFileSync('chmod', ['-R', 'u+rwX', home])
    rmSync(home, { recursive: true })
  })

  it('is a directory, or one above it with others beside', async () => {
    expect(totals(await read(sample(VALID)))).to.deep.equal([TOTAL])
    for (const name of ['valid-scc-30s', 'valid-300s', 'enospc'])
      cpSync(sample(`${name}/results`), at('results'), { recursive: true })
    const reading = await read(home)
    expect(totals(reading)).to.have.members([TOTAL, 1.841745, undefined])
    expect(reading.notes).to.deep.equal([])
  })

  it('is one with a copy of its summary, and two with that of another', async () => {
    cpSync(sample(VALID), at('2026'), { recursive: true })
    cpSync(sample(join(VALID, 'result_summary.txt')), at('result_summary.txt'))
    expect(totals(await read(home))).to.deep.equal([TOTAL])
    cpSync(sample('real-submissions/c-app-sc25/result_summary.txt'), at('result_summary.txt'))
    expect(totals(await read(home))).to.deep.equal([TOTAL, 10.078942])
  })

  it('is each of its files alone', async () => {
    for (const file of ['result.txt', 'result_summary.txt'])
      expect(totals(await read(sample(join(VALID, file)))), file).to.deep.equal([TOTAL])
    expect(totals(await read(sample('valid-scc-30s/stdout.txt')))).to.deep.equal([TOTAL])
    expect(totals(await read(sample(join(VALID, 'ior-easy-write.txt'))))).to.deep.equal(['ior'])
    expect(totals(await read(sample(join(VALID, 'mdtest-easy-write.txt'))))).to.deep.equal([
      'mdtest',
    ])
  })

  it('is an archive, whatever it is called, with the same in it', async () => {
    const tar = await tarOf([
      { name: 'a-link', type: 'symlink', linkname: '/etc/passwd' },
      ...ENTRIES,
    ])
    writeFileSync(at('a.tar'), tar)
    writeFileSync(at('a.tgz'), gzipSync(tar))
    writeFileSync(at('no-name-at-all'), gzipSync(tar))
    writeFileSync(at('result.txt.gz'), gzipSync(textOf(join(VALID, 'result.txt'))))
    await zipOf(at('a.zip'), ENTRIES)
    const [fromDirectory] = (await read(sample(VALID))).results
    for (const name of ['a.tar', 'a.tgz', 'no-name-at-all', 'a.zip']) {
      const reading = await read(at(name))
      expect(totals(reading), name).to.deep.equal([TOTAL])
      expect(reading.notes, name).to.deep.equal([])
      expect(phasesOf(reading.results[0]), name).to.deep.equal(phasesOf(fromDirectory))
    }
    expect(totals(await read(at('result.txt.gz')))).to.deep.equal([TOTAL])
    // A folder of archives only; with a result in it they are copies of it.
    expect(totals(await read(home))).to.deep.equal([TOTAL, TOTAL, TOTAL])
    cpSync(sample(VALID), at('2026.11.23-14.31.10'), { recursive: true })
    expect(totals(await read(home))).to.deep.equal([TOTAL])
  })

  it('is text of another system', async () => {
    const text = textOf(join(VALID, 'result.txt'))
    writeFileSync(at('crlf.txt'), text.replaceAll('\n', '\r\n'))
    writeFileSync(at('mark.txt'), '\ufeff' + text)
    writeFileSync(
      at('utf16.txt'),
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]),
    )
    writeFileSync(at('latin1.txt'), Buffer.from(text.replace('/scratch', '/sc\xe4tch'), 'latin1'))
    const [whole] = (await read(sample(join(VALID, 'result.txt')))).results
    for (const name of ['crlf.txt', 'mark.txt', 'utf16.txt', 'latin1.txt']) {
      const { results } = await read(at(name))
      const { run } = results[0] as { run: { phases: { value: number }[]; damage: unknown[] } }
      const { run: expected } = whole as unknown as { run: typeof run }
      expect(
        run.phases.map(({ value }) => value),
        name,
      ).to.deep.equal(expected.phases.map(({ value }) => value))
      expect(run.damage, name).to.deep.equal([])
    }
  })

  it('is one of two runs in one log, glued to what others print', async () => {
    const [one, two] = ['valid-scc-30s', 'valid-300s'].map((name) => textOf(`${name}/stdout.txt`))
    writeFileSync(at('two.log'), `${one}\nslurmstepd: something\n${two}`)
    expect(totals(await read(at('two.log')))).to.deep.equal([TOTAL, 1.841745])
    writeFileSync(at('tagged.log'), one.replaceAll(/^/gm, '[1,0]<stdout>: '))
    expect(totals(await read(at('tagged.log')))).to.deep.equal([TOTAL])
    const glued = one.replace(
      '[RESULT]     mdtest-hard-stat',
      'WARNING: rank 7 says[RESULT]     mdtest-hard-stat',
    )
    expect(glued).to.not.equal(one)
    writeFileSync(at('glued.log'), glued)
    const { results } = await read(at('glued.log'))
    const { phases } = (results[0] as { run: { phases: { name: string; value: number }[] } }).run
    expect(phases.find(({ name }) => name === 'mdtest-hard-stat')?.value).to.equal(43.703813)
    const both = ['valid-scc-30s', 'valid-300s'].map((name) =>
      textOf(
        join(
          name,
          filesOf(name).find((file) => file.endsWith('/result.txt'))!,
        ),
      ),
    )
    writeFileSync(at('both.txt'), both.join(''))
    expect(totals(await read(at('both.txt')))).to.deep.equal([TOTAL, 1.841745])
    const old = textOf('real-submissions/bash-2018/result_summary.txt')
    writeFileSync(at('old.txt'), old + textOf('real-submissions/bash-2019/result_summary.txt'))
    expect(totals(await read(at('old.txt')))).to.deep.equal([12.8704, 70.6409])
  })

  it('keeps a phase that nobody knows yet, and the tags at the front of the first programs in C', async () => {
    const text = `IO500 version io500-isc20_v9
[RESULT-invalid]       ior-easy-write        1.000000 GiB/s  : time 3.000 seconds
[RESULT]       quantum-easy-write       7.500000 kIOPS : time 2.000 seconds
[SCORE INVALID] Bandwidth 1.000000 GB/s : IOPS 4.000000 kiops : TOTAL 2.000000
`
    writeFileSync(at('new.txt'), text)
    const { run } = (await read(at('new.txt'))).results[0] as { run: Io500Run }
    expect(run).to.deep.include({ generation: 'isc20', version: 'io500-isc20_v9', mode: null })
    expect(run.score).to.deep.include({ total: 2, isMarkedInvalid: true, bandwidthGiBPerSecond: 1 })
    expect(run.phases).to.containSubset([
      { name: 'ior-easy-write', value: 1, unit: 'GiB/s', isMarkedInvalid: true },
      { name: 'quantum-easy-write', value: 7.5, unit: 'kIOPS', isMarkedInvalid: false },
    ])
  })

  it('has the marks of its phases in result.txt too', async () => {
    const name = filesOf('invalid-short-stonewall').find((file) => file.endsWith('/result.txt'))!
    const { results } = await read(sample(`invalid-short-stonewall/${name}`))
    const { phases } = (results[0] as { run: Io500Run }).run
    const marked = phases.filter((phase) => phase.isMarkedInvalid)
    expect(marked.map((phase) => phase.name)).to.deep.equal([
      ...['ior-easy-write', 'mdtest-easy-write', 'ior-hard-write', 'mdtest-hard-write'],
    ])
  })

  it('did not die of what a phase survived', async () => {
    cpSync(sample('killed-sigkill'), at('run'), { recursive: true })
    const [file] = filesOf('killed-sigkill').filter((one) => one.endsWith('ior-easy-write.txt'))
    appendFileSync(at(`run/${file}`), 'WARNING: write(1, 2, 3) failed No space left on device\n')
    const { results } = await read(at('run'))
    expect((results[0] as { run: Io500Run }).run.death).to.deep.equal({
      ...{ phase: 'mdtest-easy-write', cause: 'unknown', evidence: null },
    })
  })

  it('is told from a log beside it why it died', async () => {
    for (const [line, cause] of [
      [
        'slurmstepd: error: *** JOB 12 ON mel0001 CANCELLED AT 2026-11-23T14:00:00 DUE TO TIME LIMIT ***',
        'time-limit',
      ],
      [
        'slurmstepd: error: *** JOB 12 ON mel0001 CANCELLED AT 2026-11-23T14:00:00 DUE TO NODE FAILURE, SEE SLURMCTLD LOG FOR DETAILS ***',
        'node-lost',
      ],
      [
        'slurmstepd: error: *** JOB 12 ON mel0001 CANCELLED AT 2026-11-23T14:00:00 ***',
        'cancelled',
      ],
      [
        // The launcher ends its own step when a rank has died.
        'srun: error: mel0002: task 1: Killed\nslurmstepd: error: *** STEP 12.0 ON mel0001 CANCELLED AT 2026-11-23T14:00:00 ***',
        'killed',
      ],
      [
        'slurmstepd: error: Detected 1 oom_kill event in StepId=12.0. Some of the step tasks have been OOM Killed.',
        'out-of-memory',
      ],
      ['WARNING: write(17, 0x7f, 2097152) failed Disk quota exceeded', 'quota'],
      ['ORTE has lost communication with a remote daemon.', 'node-lost'],
      ['WARNING: write(17, 0x7f, 2097152) failed Input/output error', 'input-output'],
      [
        'mpirun noticed that process rank 1 with PID 0 on node vm exited on signal 11 (Segmentation fault).',
        'crash',
      ],
      ['srun: error: PMK_KVS_Barrier duplicate request from task 0', 'unknown'],
    ]) {
      rmSync(at('run'), { recursive: true, force: true })
      cpSync(sample('killed-sigkill'), at('run'), { recursive: true })
      writeFileSync(at('run/slurm-12.out'), `hello\n${line}\n`)
      const { results } = await read(at('run'))
      const { run } = results[0] as { run: { death: { evidence: { line: number } | null } } }
      expect(run.death, line).to.deep.include({ phase: 'mdtest-easy-write', cause })
      expect(run.death.evidence?.line, line).to.equal(cause === 'unknown' ? undefined : 2)
    }
  })
})

describe('what is no result', () => {
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'read-'))))
  afterEach(() => {
    execFileSync('chmod', ['-R', 'u+rwX', home])
    rmSync(home, { recursive: true })
  })
  const usage = (code: string, message: string) => ({
    name: 'UsageError',
    exitCode: 2,
    code,
    message,
  })

  it('is named for what it is', async () => {
    writeFileSync(at('empty'), '')
    writeFileSync(at('binary'), Buffer.from(Array.from({ length: 5000 }, (_, n) => n % 256)))
    writeFileSync(at('ranks.csv'), 'access,rank,runtime\nwrite,0,1\n')
    writeFileSync(at('letter'), 'Dear all,\n')
    writeFileSync(at('packed.xz'), Buffer.from('fd377a585a000000', 'hex'))
    mkdirSync(at('nothing'))
    execFileSync('mkfifo', [at('pipe')])
    expect(await refusal(at('gone'))).to.deep.equal(
      usage('AIB_RESULT_NOT_FOUND', 'There is no gone'),
    )
    expect(await refusal(at('empty'))).to.deep.equal(usage('AIB_NO_RESULT', 'empty is empty'))
    expect(await refusal(at('binary'))).to.deep.equal(
      usage('AIB_NO_RESULT', 'binary is a binary file, no result'),
    )
    expect(await refusal(at('pipe'))).to.deep.equal(
      usage('AIB_NO_RESULT', 'pipe is neither a file nor a directory'),
    )
    expect(await refusal(at('ranks.csv'))).to.deep.include({ code: 'AIB_NO_RESULT' })
    for (const name of ['letter', 'packed.xz', 'nothing'])
      expect(await refusal(at(name))).to.deep.equal(
        usage('AIB_NO_RESULT', `${name} holds no result of IO500, IOR or mdtest`),
      )
    // A folder with all of them, and a pipe that nobody writes to.
    expect(await refusal(home)).to.deep.include({ code: 'AIB_NO_RESULT' })
  })

  it('is a directory of somebody else, as io500 makes it', async () => {
    mkdirSync(at('results'))
    chmodSync(at('results'), 0)
    chmodSync(home, 0o755)
    const isRoot = process.geteuid!() === 0
    if (isRoot) process.seteuid!(65534)
    try {
      expect(await refusal(at('results'))).to.deep.equal({
        ...{ name: 'EnvironmentError', exitCode: 3, code: 'AIB_RESULT_UNREADABLE' },
        message: 'results can’t be read: permission denied',
      })
    } finally {
      if (isRoot) process.seteuid!(0)
    }
  })
})

describe('a hostile file', () => {
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'read-'))))
  afterEach(() => rmSync(home, { recursive: true }))

  it('leads nowhere out of its archive', async () => {
    const evil: Entry[] = [
      { name: '../../../../tmp/evil.txt', content: textOf(join(VALID, 'result.txt')) },
      { name: '/etc/evil.txt', content: textOf(join(VALID, 'result.txt')) },
      { name: 'hard', type: 'link', linkname: '/etc/passwd' },
      { name: 'pipe', type: 'fifo' },
    ]
    writeFileSync(at('evil.tar'), await tarOf(evil))
    expect(await refusal(at('evil.tar'))).to.deep.include({ code: 'AIB_NO_RESULT' })
    writeFileSync(at('half.tar'), await tarOf([...evil, ...ENTRIES]))
    const reading = await read(at('half.tar'))
    expect(totals(reading)).to.deep.equal([TOTAL])
    expect(reading.notes.map(({ file }) => file)).to.deep.equal([
      '../../../../tmp/evil.txt',
      '/etc/evil.txt',
    ])
  })

  it('leads nowhere out of its zip', async () => {
    await zipOf(at('evil.zip'), [
      { name: 'xx/evil.txt', content: textOf(join(VALID, 'result.txt')) },
      ...ENTRIES,
    ])
    const bytes = await readFile(at('evil.zip'))
    writeFileSync(
      at('evil.zip'),
      Buffer.from(bytes.toString('latin1').replaceAll('xx/evil', '../evil'), 'latin1'),
    )
    const reading = await read(at('evil.zip'))
    expect(totals(reading)).to.deep.equal([TOTAL])
    expect(reading.notes.map(({ file }) => file)).to.deep.equal(['../evil.txt'])
  })

  it('gives what stands before its cut', async () => {
    const tar = await tarOf(ENTRIES)
    for (const [name, bytes] of [
      ['cut.tgz', gzipSync(tar).subarray(0, -20)],
      ['cut.tar', tar.subarray(0, tar.indexOf('mdtest-hard-write.txt'))],
    ] as const) {
      writeFileSync(at(name), bytes)
      const { results, notes } = await read(at(name))
      expect(results, name).to.not.deep.equal([])
      expect(notes.at(-1)?.text, name).to.match(/^is damaged or cut: /)
    }
    writeFileSync(at('cut.zip'), Buffer.concat([Buffer.from('504b0304', 'hex'), Buffer.alloc(500)]))
    expect(await refusal(at('cut.zip'))).to.deep.include({ code: 'AIB_NO_RESULT' })
  })

  it('is read at its start and its end when it is large', async () => {
    const [start, end] = textOf('valid-scc-30s/stdout.txt').split('[RESULT]     mdtest-hard-read')
    const noise = 'all is well on rank 12\n'.repeat(450_000)
    writeFileSync(at('large.log'), `${start}${noise}[RESULT]     mdtest-hard-read${end}`)
    const reading = await read(at('large.log'))
    expect(totals(reading)).to.deep.equal([TOTAL])
    expect(reading.notes).to.deep.equal([
      { file: 'large.log', text: 'is larger than 8 MiB: only its start and its end were read' },
    ])
  })

  it('is not read in full when it is sparse, one line, or all warnings', async () => {
    execFileSync('truncate', ['-s', '2G', at('holes')])
    expect(await refusal(at('holes'))).to.deep.include({
      message: 'holes is a binary file, no result',
    })
    writeFileSync(at('line'), 'x'.repeat(20 * 2 ** 20))
    expect(await refusal(at('line'))).to.deep.include({ code: 'AIB_NO_RESULT' })
    const warnings = 'WARNING: [RANK 001]: unlink() of file "x" failed\n'.repeat(100_000)
    writeFileSync(at('warnings'), `${textOf('enospc/stdout.txt')}${warnings}`)
    const { results } = await read(at('warnings'))
    const { run } = results[0] as { run: { messages: unknown[] } }
    expect(run.messages).to.have.lengthOf(1000)
  })

  it('unpacks to no more than it may', async () => {
    const result = textOf(join(VALID, 'result.txt'))
    const bomb = Buffer.alloc(4 * 2 ** 20, 'noise\n')
    writeFileSync(at('bomb.gz'), Buffer.concat([gzipSync(result), gzipSync(bomb)]))
    const entries = [
      { name: 'result.txt', content: result },
      { name: 'noise', content: bomb },
      { name: 'more', content: 'more\n' },
    ]
    writeFileSync(at('bomb.tgz'), gzipSync(await tarOf(entries)))
    await zipOf(at('bomb.zip'), entries)
    for (const [name, packing] of [
      ['bomb.gz', 'gzip'],
      ['bomb.tgz', 'gzip'],
      ['bomb.zip', 'zip'],
    ] as const) {
      const notes: Note[] = []
      const found: FoundText[] = []
      for await (const text of textsIn(at(name), packing, notes, 2 ** 20)) found.push(text)
      expect(notes, name).to.deep.equal([
        { file: '.', text: 'unpacks to more than it should: the rest was not read' },
      ])
      expect(
        found.map(({ file }) => file),
        name,
      ).to.not.include('more')
      expect(found[0], name).to.have.property('text').that.contains('[SCORE]')
    }
  })

  it('is not followed through links', async () => {
    cpSync(sample(VALID), at('2026'), { recursive: true })
    symlinkSync(home, at('2026/again'))
    symlinkSync(at('2026/result.txt'), at('result.txt'))
    const reading = await read(home)
    expect(totals(reading)).to.deep.equal([TOTAL])
  })
})
