import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { samplesPath, writeStage } from '../../src/lib/instrument/filesystem/live/files.js'
import { writeRunPlan, type RunPlan } from '../../src/lib/instrument/filesystem/run-plan.js'

/** What a node's ranks do in a second of a phase. */
export interface Doing {
  readBytes?: number
  writeBytes?: number
  readCalls?: number
  writeCalls?: number
  files?: number
}

interface Node {
  name: string
  /** Its clock is ahead by so much. */
  aheadMs?: number
  doing(phase: string, secondsIn: number): Doing
}

interface Section {
  name: string
  startS: number
  endS: number
  /** Written when it begins, and when it ends. */
  head: string
  rest: string
}

export const PLAN: RunPlan = {
  id: 'r1',
  task: 'io500',
  program: {
    kind: 'binary',
    path: '/opt/io500/io500',
    image: null,
    module: null,
    version: null,
    sha256: null,
  },
  ini: 'preset full',
  preset: 'full',
  args: [],
  scheduler: 'slurm',
  nodes: 2,
  tasks: 4,
  repeats: 1,
  stonewallSeconds: 300,
  dir: '/scratch/p200000',
  dataDir: '/scratch/p200000/aibench-r1',
  layout: 'default',
  fileSystem: { kind: 'lustre', name: 'scratch' },
  strict: false,
  launcherMemory: '/home/me/.local/state/aibench/launchers.json',
}

/**
 * Writes the run directory of a recorded run as it was at any second of it, with the times of its files: what the program flushed by then,
 * and what samplers would have written. Its clock is the recorded one, in a zone that is an hour ahead of UTC.
 */
export class Replay {
  readonly startMs: number
  readonly #dir: string
  readonly #sections: readonly Section[]
  readonly #before: string
  readonly #nodes: readonly Node[]
  readonly #sums = new Map<string, Required<Doing>>()
  #atS = -1

  private constructor(dir: string, text: string, nodes: readonly Node[]) {
    this.#dir = dir
    this.#nodes = nodes
    const [before, ...rest] = text.split(/^(?=\[(?!run\]))/m)
    this.#before = before
    const zeroMs = timeOf(/^; START (.*)$/m.exec(before)![1])
    this.startMs = zeroMs - ZONE_MS
    let lastS = 0
    this.#sections = rest.map((section) => {
      const name = /^\[(.*)\]/.exec(section)![1]
      const started = /^t_start\s+= (.*)$/m.exec(section)?.[1]
      const startS = started ? (timeOf(started) - zeroMs) / 1000 : lastS
      const endS = startS + Number(/^t_delta\s+= (.*)$/m.exec(section)?.[1] ?? 0)
      lastS = endS
      const cut = /^(?:exe|t_start)[^\n]*\n(?!exe)/m.exec(section)
      const at = cut ? cut.index + cut[0].length : section.length
      return { name, startS, endS, head: section.slice(0, at), rest: section.slice(at) }
    })
  }

  static async of(
    dir: string,
    name: 'live-progress' | 'valid-300s',
    { nodes = [], plan = PLAN }: { nodes?: readonly Node[]; plan?: RunPlan } = {},
  ): Promise<Replay> {
    const fixture = (kind: string) =>
      readFile(new URL(`../fixtures/filesystem/live/${name}.${kind}`, import.meta.url), 'utf8')
    const replay = new Replay(dir, await fixture('result.txt'), nodes)
    await mkdir(replay.resultDir, { recursive: true })
    await writeFile(join(replay.resultDir, 'config.ini'), await fixture('config.ini'))
    await writeRunPlan(dir, plan)
    const since = new Date(replay.startMs).toISOString()
    await writeStage(dir, {
      stage: 'running',
      text: '',
      since,
      repeat: 1,
      of: plan.repeats,
      resultDir: null,
    })
    return replay
  }

  get resultDir(): string {
    return join(this.#dir, 'results', '1', '2026.11.23-15.05.26')
  }

  get phases(): readonly Pick<Section, 'name' | 'startS' | 'endS'>[] {
    return this.#sections.filter(({ name }) => name !== 'timestamp' && !name.startsWith('SCORE'))
  }

  get seconds(): number {
    return Math.ceil(this.#sections.at(-1)!.endS) + 1
  }

  nowMs(second: number): number {
    return this.startMs + second * 1000
  }

  /** Everything as it was then. */
  async to(second: number): Promise<void> {
    const begun = this.#sections.filter(({ startS }) => startS <= second)
    const text = begun.map(({ head, rest, endS }) => head + (endS <= second ? rest : '')).join('')
    const times = begun.flatMap(({ startS, endS }) => [startS, endS])
    const written = Math.max(0, ...times.filter((at) => at <= second))
    await writeAt(join(this.resultDir, 'result.txt'), this.#before + text, this.nowMs(written))
    for (const node of this.#nodes) await this.#sampleTo(node, second)
    this.#atS = second
  }

  async #sampleTo({ name, aheadMs = 0, doing }: Node, second: number): Promise<void> {
    const sums = this.#sums.get(name) ?? NOTHING
    let [at, lines] = [this.#atS + 1, '']
    for (let sum = sums; at <= second; at++) {
      const phase = this.#sections.find(({ startS, endS }) => startS < at && at <= endS)
      const done = phase ? doing(phase.name, at - phase.startS) : {}
      sum = added(sum, done)
      this.#sums.set(name, sum)
      const { files, ...counts } = sum
      const inodes = { ranks: 2, inodesUsed: name === this.#nodes[0].name ? files : null }
      lines += JSON.stringify({ at: this.nowMs(at) + aheadMs, ...counts, ...inodes }) + '\n'
    }
    const path = samplesPath(this.#dir, name)
    await writeFile(path, lines, { flag: 'a' })
    await utimes(path, this.nowMs(second) / 1000, this.nowMs(second) / 1000)
  }
}

const ZONE_MS = 3_600_000
const NOTHING = { readBytes: 0, writeBytes: 0, readCalls: 0, writeCalls: 0, files: 1000 }

function added(sum: Required<Doing>, done: Doing): Required<Doing> {
  return {
    readBytes: sum.readBytes + (done.readBytes ?? 0),
    writeBytes: sum.writeBytes + (done.writeBytes ?? 0),
    readCalls: sum.readCalls + (done.readCalls ?? 0),
    writeCalls: sum.writeCalls + (done.writeCalls ?? 0),
    files: sum.files + (done.files ?? 0),
  }
}

function timeOf(local: string): number {
  return Date.parse(`${local.replace(' ', 'T')}Z`)
}

async function writeAt(path: string, text: string, ms: number): Promise<void> {
  await writeFile(path, text)
  await utimes(path, ms / 1000, ms / 1000)
}
