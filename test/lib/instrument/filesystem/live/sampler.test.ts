import { expect } from 'chai'
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  parseSample,
  sampleFiles,
  samplesPath,
  type Sample,
} from '../../../../../src/lib/instrument/filesystem/live/files.js'
import { RANK_MARK, Ranks } from '../../../../../src/lib/instrument/filesystem/live/ranks.js'
import { sample } from '../../../../../src/lib/instrument/filesystem/live/sampler.js'
import { temporaryFolder } from '../../../../support/surroundings.js'

const MB = 1024 * 1024

/** A real process that writes what it is given into a file, a call a block. */
class Writer implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #path: string
  #bytes = 0

  constructor(path: string, variables: Record<string, string>, words = ['dd', `of=${path}`]) {
    this.#path = path
    const [program, ...rest] = [...words, 'bs=64k', 'iflag=fullblock', 'status=none']
    this.#child = spawn(program, rest, { env: { ...process.env, ...variables } })
  }

  async write(bytes: number): Promise<void> {
    this.#child.stdin.write(Buffer.alloc(bytes))
    this.#bytes += bytes
    while ((await stat(this.#path).catch(() => undefined))?.size !== this.#bytes) await pause()
  }

  async end(): Promise<void> {
    this.#child.stdin.end()
    if (this.#child.exitCode === null) await once(this.#child, 'exit')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
  }
}

function pause(ms = 5): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

const marked = (run: string) => ({ [RANK_MARK]: run })

describe('the counts of the ranks of a run', () => {
  it('are those of marked processes, and of no others', async () => {
    await using folder = await temporaryFolder()
    const path = (name: string) => join(folder.path, name)
    await using ours = new Writer(path('a'), marked('r1'))
    await using another = new Writer(path('b'), marked('r2'))
    await using unmarked = new Writer(path('c'), {})
    const ranks = new Ranks({ run: 'r1', program: null })
    ranks.look()
    await ours.write(4 * MB)
    await another.write(MB)
    await unmarked.write(MB)
    const { writeBytes, writeCalls, ranks: seen } = ranks.look()
    expect(seen).to.equal(1)
    expect(writeBytes).to.be.within(4 * MB, 4.01 * MB)
    expect(writeCalls).to.be.within(64, 70)
  })

  it('are those of its own node, where one machine is several', async () => {
    await using folder = await temporaryFolder()
    const on = (node: string) => ({ ...marked('r1'), SLURMD_NODENAME: node })
    await using here = new Writer(join(folder.path, 'a'), on('n1'))
    await using there = new Writer(join(folder.path, 'b'), on('n2'))
    const ranks = new Ranks({ run: 'r1', program: null, node: 'n1' })
    ranks.look()
    await here.write(1 * MB)
    await there.write(2 * MB)
    const counts = ranks.look()
    expect(counts.ranks).to.equal(1)
    expect(counts.writeBytes).to.be.within(1 * MB, 2 * MB - 1)
  })

  it('keep what a rank did that has ended, and go on with the next', async () => {
    await using folder = await temporaryFolder()
    const ranks = new Ranks({ run: 'r1', program: null })
    const sums: number[] = []
    for (const name of ['a', 'b']) {
      await using rank = new Writer(join(folder.path, name), marked('r1'))
      await rank.write(2 * MB)
      sums.push(ranks.look().writeBytes)
      await rank.end()
      sums.push(ranks.look().writeBytes)
    }
    expect(ranks.look().ranks).to.equal(0)
    expect(sums.map((bytes) => Math.floor(bytes / MB))).to.deep.equal([2, 2, 4, 4])
  })

  it('leave out what starts the ranks', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'a')
    await using rank = new Writer(path, marked('r1'), [
      'bash',
      '-c',
      `dd of=${path} "$@"; true`,
      'x',
    ])
    await rank.write(MB)
    expect(new Ranks({ run: 'r1', program: null }).look()).to.include({ ranks: 1 })
  })

  it('find a rank by its program where a launcher dropped the mark', async () => {
    await using folder = await temporaryFolder()
    await using rank = new Writer(join(folder.path, 'a'), {})
    await using another = new Writer(join(folder.path, 'b'), marked('r2'))
    await rank.write(MB)
    await another.write(MB)
    expect(new Ranks({ run: 'r1', program: 'dd' }).look().writeBytes).to.be.within(MB, 1.01 * MB)
  })

  it('see a launcher become a rank, and count from there', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'a')
    const go = join(folder.path, 'go')
    const script = `printf %1000000s >${path}.log; until [ -e ${go} ]; do sleep 0.01; done; exec dd of=${path} "$@"`
    await using rank = new Writer(path, marked('r1'), ['bash', '-c', script, 'x'])
    const ranks = new Ranks({ run: 'r1', program: null })
    while ((await stat(`${path}.log`).catch(() => undefined))?.size !== 1_000_000) await pause()
    expect(ranks.look().ranks).to.equal(0)
    await writeFile(go, '')
    while (ranks.look().ranks === 0) await pause()
    await rank.write(2 * MB)
    expect(ranks.look().writeBytes).to.be.within(2 * MB, 2.01 * MB)
  })
})

describe('the sampler', () => {
  it('writes a line a period, whose last sums are those of the files', async () => {
    await using folder = await temporaryFolder()
    const stop = new AbortController()
    const options = { run: 'r1', program: null, runDir: folder.path, node: 'n1' }
    const sampling = sample({
      ...options,
      dataDir: folder.path,
      signal: stop.signal,
      periodMs: 20,
    })
    await using rank = new Writer(join(folder.path, 'a'), marked('r1'))
    for (let part = 0; part < 8; part++) await rank.write(MB)
    await untilThere(folder.path, ({ writeBytes }) => writeBytes >= 8 * MB)
    stop.abort()
    await sampling
    const samples = await samplesIn(folder.path)
    expect(samples.at(-1)!.writeBytes).to.be.within(8 * MB, 8.4 * MB)
    for (const [i, { at, writeBytes }] of samples.slice(1).entries()) {
      expect(at).to.be.at.least(samples[i].at)
      expect(writeBytes).to.be.at.least(samples[i].writeBytes)
    }
    expect((await stat(samplesPath(folder.path, 'n1'))).mode & 0o777).to.equal(0o600)
  })

  it('asks for inodes only where it is told to', async () => {
    await using folder = await temporaryFolder()
    for (const [node, dataDir] of [
      ['n1', folder.path],
      ['n2', null],
      ['n3', join(folder.path, 'nowhere')],
    ] as const) {
      const stop = new AbortController()
      const options = { run: 'r1', program: null, runDir: folder.path, node, dataDir }
      const sampling = sample({ ...options, signal: stop.signal, periodMs: 10 })
      while ((await samplesIn(folder.path, node)).length < 5) await pause()
      stop.abort()
      await sampling
    }
    const last = async (node: string) => (await samplesIn(folder.path, node)).at(-1)!.inodesUsed
    expect(await last('n1')).to.be.a('number')
    expect(await last('n2')).to.equal(null)
    expect(await last('n3')).to.equal(null)
  })

  it('goes on where its file can’t be written, and writes when it can', async () => {
    await using folder = await temporaryFolder()
    const runDir = join(folder.path, 'run')
    await writeFile(runDir, '')
    const stop = new AbortController()
    const options = { run: 'r1', program: null, runDir, node: 'n1', dataDir: null }
    const sampling = sample({ ...options, signal: stop.signal, periodMs: 10 })
    await pause(60)
    await rm(runDir)
    await untilThere(runDir, () => true)
    stop.abort()
    await sampling
    expect((await sampleFiles(runDir)).map(({ node }) => node)).to.deep.equal(['n1'])
  })
})

async function untilThere(runDir: string, isIt: (sample: Sample) => boolean): Promise<void> {
  while (!(await samplesIn(runDir)).some(isIt)) await pause()
}

async function samplesIn(runDir: string, node = 'n1'): Promise<Sample[]> {
  const text = await readFile(samplesPath(runDir, node), 'utf8').catch(() => '')
  return text
    .split('\n')
    .map(parseSample)
    .filter((one) => one !== undefined)
}
