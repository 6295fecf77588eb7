import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { EnvironmentError } from '../../platform/errors.js'
import { readJsonIfThere, removeTree } from '../../platform/files.js'
import { LogHistogram, type SerializedHistogram } from '../log-histogram.js'
import type { Crew, CrewOutcome } from './crew.js'
import type { InferenceOrder, InferenceSample } from './plan.js'
import { joinedNotes } from './notes.js'
import type { Facts } from './preflight.js'
import { RequestTable, type SerializedTable } from './request-table.js'
import type { Pass } from './schedule.js'

/** What the lead writes to a follower, a JSON object a line. `startMs` is on the follower's own monotonic clock. */
export type TeamOrder =
  | { type: 'clock'; n: number }
  | { type: 'warm-up' }
  | { type: 'pass'; pass: Pass }
  /** Of what was prepared last. */
  | { type: 'start'; startMs: number }
  | { type: 'end' }

/** What a follower answers. Clocks are `process.hrtime`, milliseconds: on one node they are the same. */
export type TeamAnswer =
  | { type: 'clock'; n: number; hrMs: number }
  | { type: 'prepared' }
  | { type: 'outcome'; file: string }
  | { type: 'warmed-up' }
  | InferenceSample
  | { type: 'ready' }
  | { type: 'failed'; message: string }

export interface SerializedOutcome extends Omit<
  CrewOutcome,
  'table' | 'itl' | 'chunkGap' | 'steadyItl' | 'steadyChunkGap'
> {
  table: SerializedTable
  itl: SerializedHistogram
  chunkGap: SerializedHistogram
  steadyItl: SerializedHistogram
  steadyChunkGap: SerializedHistogram
  usage: WorkerUsage
}

/** What a worker used in a pass. */
export interface WorkerUsage {
  clientCores: number
  loopDelayP99Ms: number | null
  peakRssBytes: number
}

/** All that followers need besides the order: passed in the file, since the order stands there too. */
export interface FollowerBrief {
  kind: 'inference-follower'
  order: InferenceOrder
  facts: Facts
  share: { index: number; of: number }
}

/** Between the word and the start, when all are ready: for the word to arrive. */
const LEAD_TIME_MS = 200
const CLOCK_ROUNDS = 7
/** To write its last records, and to end. */
const FAREWELL_MS = 15_000

export function hrMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** `performance.now()` of a point on the process's monotonic clock. */
export function fromHr(pointMs: number): number {
  return pointMs - hrMs() + performance.now()
}

/** The lead and the workers that follow it, as one: a pass is made by all, from the same moment on. */
export class Team {
  readonly #lead: Crew
  readonly #followers: readonly Follower[]

  /** @param signal stops the followers as well: a signal of the system may have reached the lead alone */
  constructor(lead: Crew, followers: readonly Follower[], signal: AbortSignal) {
    this.#lead = lead
    this.#followers = followers
    const stop = () => followers.forEach((follower) => follower.stop())
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
  }

  get size(): number {
    return 1 + this.#followers.length
  }

  /** Of the followers' clocks from ours, at most; null when they are all on this node. */
  get clockOffsetMs(): number | null {
    const offsets = this.#followers.map(({ offsetMs, roundTripMs }) =>
      Math.abs(offsetMs) > roundTripMs ? Math.abs(offsetMs) : 0,
    )
    return offsets.length === 0 ? null : Math.max(...offsets)
  }

  async warmUp(): Promise<void> {
    const [begin] = await Promise.all([
      this.#lead.prepareWarmUp(),
      ...this.#followers.map((follower) => follower.prepare({ type: 'warm-up' })),
    ])
    const startMs = this.#start()
    await Promise.all([
      begin(fromHr(startMs)),
      ...this.#followers.map((follower) => follower.warmUp(startMs)),
    ])
  }

  /** @returns what begins the pass, and gives what the lead made and what each follower did */
  async prepare(
    pass: Pass,
  ): Promise<() => Promise<{ own: CrewOutcome; others: readonly SerializedOutcome[] }>> {
    const [begin] = await Promise.all([
      this.#lead.prepare(pass),
      ...this.#followers.map((follower) => follower.prepare({ type: 'pass', pass })),
    ])
    return async () => {
      const startMs = this.#start()
      const [own, ...others] = await Promise.all([
        begin(fromHr(startMs)),
        ...this.#followers.map((follower) => follower.run(startMs)),
      ])
      return { own, others }
    }
  }

  /** Resolves when the followers have written all that they have, and are gone. */
  async end(): Promise<void> {
    if (this.#followers.some(({ isLost }) => isLost))
      for (const follower of this.#followers) follower.stop()
    await Promise.all(this.#followers.map((follower) => follower.end()))
  }

  #start(): number {
    return hrMs() + (this.#followers.length > 0 ? LEAD_TIME_MS : 20)
  }
}

/** One process that measures along with the lead, here or on another node. */
export class Follower {
  readonly #child: ChildProcess
  readonly #waiting: {
    type: string
    resolve(answer: TeamAnswer): void
    reject(error: Error): void
  }[] = []
  readonly #onSample: (sample: InferenceSample) => void
  readonly #closed: Promise<void>
  #errors = ''
  #failure: Error | null = null
  offsetMs = 0
  roundTripMs = Infinity

  private constructor(
    argv: readonly string[],
    briefFile: string,
    onSample: (sample: InferenceSample) => void,
  ) {
    const [command, ...args] = argv
    this.#onSample = onSample
    this.#child = spawn(command, [...args, briefFile], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#errors += text))
    this.#child.stdin!.on('error', () => undefined)
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#take(line))
    this.#closed = once(this.#child, 'close').then(
      () => this.#lost(this.#errors.trim().split('\n').at(-1) ?? ''),
      (error: Error) => this.#lost(error.message),
    )
  }

  /** Starts it and compares its clock with ours, by the round trip that was shortest. */
  static async start(
    argv: readonly string[],
    briefFile: string,
    onSample: (sample: InferenceSample) => void,
  ): Promise<Follower> {
    const follower = new Follower(argv, briefFile, onSample)
    await follower.#answer('ready')
    await removeTree(briefFile)
    for (let n = 0; n < CLOCK_ROUNDS; n++) {
      const sentMs = hrMs()
      follower.#tell({ type: 'clock', n })
      const { hrMs: theirMs } = (await follower.#answer('clock')) as { hrMs: number }
      const roundTripMs = hrMs() - sentMs
      if (roundTripMs >= follower.roundTripMs) continue
      follower.roundTripMs = roundTripMs
      follower.offsetMs = theirMs - (sentMs + roundTripMs / 2)
    }
    return follower
  }

  async prepare(order: TeamOrder): Promise<void> {
    this.#tell(order)
    await this.#answer('prepared')
  }

  async warmUp(startMs: number): Promise<void> {
    this.#tell({ type: 'start', startMs: this.#theirs(startMs) })
    await this.#answer('warmed-up')
  }

  async run(startMs: number): Promise<SerializedOutcome> {
    this.#tell({ type: 'start', startMs: this.#theirs(startMs) })
    const { file } = (await this.#answer('outcome')) as { file: string }
    const outcome = (await readJsonIfThere(file)) as SerializedOutcome
    await removeTree(file)
    return outcome
  }

  /** It ends its pass, hands over what it has, and waits for the next word. */
  stop(): void {
    // Not TERM, at which srun kills what it runs.
    this.#child.kill('SIGUSR2')
  }

  async end(): Promise<void> {
    this.#tell({ type: 'end' })
    this.#child.stdin!.end()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), FAREWELL_MS)
    await this.#closed
    clearTimeout(timer)
  }

  get isLost(): boolean {
    return this.#failure !== null
  }

  /** Within the accuracy of the comparison clocks are the same: then nothing is added. */
  #theirs(pointMs: number): number {
    return Math.abs(this.offsetMs) > this.roundTripMs ? pointMs + this.offsetMs : pointMs
  }

  #tell(order: TeamOrder): void {
    this.#child.stdin!.write(JSON.stringify(order) + '\n')
  }

  #answer(type: string): Promise<TeamAnswer> {
    if (this.#failure) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => this.#waiting.push({ type, resolve, reject }))
  }

  #take(line: string): void {
    if (!line.startsWith('{"type"')) return
    const answer = JSON.parse(line) as TeamAnswer
    if (answer.type === 'sample') return this.#onSample(answer)
    if (answer.type === 'failed') return this.#lost(answer.message)
    const at = this.#waiting.findIndex(({ type }) => type === answer.type)
    if (at >= 0) this.#waiting.splice(at, 1)[0].resolve(answer)
  }

  #lost(why: string): void {
    this.#failure ??= new EnvironmentError('A further measuring process ended before its time', {
      code: 'AIB_WORKER_LOST',
      evidence: why,
      hints: ['aibench vllm bench --clients 1'],
    })
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure)
  }
}

/** All workers' parts of a pass as one: rows, histograms and examples, exactly. */
export function joined(own: CrewOutcome, others: readonly SerializedOutcome[]): CrewOutcome {
  for (const other of others) {
    own.table.merge(RequestTable.from(other.table))
    for (const name of ['itl', 'chunkGap', 'steadyItl', 'steadyChunkGap'] as const)
      own[name].merge(LogHistogram.from(other[name]))
    own.wallMs = Math.max(own.wallMs, other.wallMs)
    own.dropped += other.dropped
    own.isLost ||= other.isLost
    own.steady = bothSteady(own.steady, other.steady)
    own.invalid = [...own.invalid, ...other.invalid].slice(0, 3)
    own.notes = joinedNotes(own.notes, other.notes)
    own.connections.opened += other.connections.opened
    own.connections.reused += other.connections.reused
    own.connections.resent += other.connections.resent
    own.connections.connectMs.push(...other.connections.connectMs)
  }
  return own
}

function bothSteady(a: CrewOutcome['steady'], b: CrewOutcome['steady']): CrewOutcome['steady'] {
  if (!a || !b) return a ?? b
  const both = { fromMs: Math.max(a.fromMs, b.fromMs), toMs: Math.min(a.toMs, b.toMs) }
  return both.toMs > both.fromMs ? both : null
}
