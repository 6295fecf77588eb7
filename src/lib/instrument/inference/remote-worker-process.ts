import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { EnvironmentError } from '../../platform/errors.js'
import { readJsonIfThere, removeTree, writeJson } from '../../platform/files.js'
import type { InferenceConfig, InferenceSample } from './plan.js'
import type { ServerInfo } from './preflight.js'
import { workersOf } from './schedule.js'
import {
  hrMs,
  type RemoteWorkerConfig,
  type SerializedOutcome,
  type RemoteReply,
  type RemoteOrder,
} from './coordinator.js'

interface FollowerStart {
  argv: readonly string[]
  briefFile: string
  index: number
}

export interface RemoteWorkerEvents {
  sample(sample: InferenceSample, index: number): void
  /** It is gone, or as good as that, and was not told to. */
  lost(error: Error): void
}

/** To write its last records, and to end. */
const FAREWELL_MS = 15_000
const CLOCK_ROUNDS = 7
/** A step beside others may have to wait for its turn. */
const START_DEADLINE_MS = 120_000
const CLOCK_DEADLINE_MS = 30_000
/** To make a data set and its first requests. */
const PREPARE_DEADLINE_MS = 600_000
const LONGEST_STDERR = 16_384

/** All but the lead. @param program the worker's own, for those that are to run here */
export function startRemoteWorkers(
  order: InferenceConfig,
  facts: ServerInfo,
  program: string,
  on: RemoteWorkerEvents,
): Promise<RemoteWorker[]> {
  const of = workersOf(order.plan)
  return Promise.all(
    Array.from({ length: of - 1 }, async (_, i) => {
      const index = i + 1
      const share = { index, of }
      const brief: RemoteWorkerConfig = { kind: 'inference-follower', order, facts, share }
      const briefFile = join(order.runDir, `worker-${index}.json`)
      await writeJson(briefFile, brief)
      const argv = order.workers[i] ?? [process.execPath, ...process.execArgv, program]
      return RemoteWorker.start({ argv, briefFile, index }, on)
    }),
  )
}

/** One process that measures along with the lead, here or on another node. */
export class RemoteWorker {
  readonly #child: ChildProcess
  readonly #waiting: {
    type: string
    resolve(answer: RemoteReply): void
    reject(error: Error): void
  }[] = []
  readonly #index: number
  readonly #name: string
  readonly #on: RemoteWorkerEvents
  readonly #closed: Promise<void>
  #errors = ''
  #failure: Error | null = null
  #isEnding = false
  offsetMs = 0
  roundTripMs = Infinity

  private constructor({ argv, briefFile, index }: FollowerStart, on: RemoteWorkerEvents) {
    const [command, ...args] = argv
    this.#index = index
    this.#name = `measuring process ${index + 1}`
    this.#on = on
    this.#child = spawn(command, [...args, briefFile], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-LONGEST_STDERR)
    })
    this.#child.stdin!.on('error', () => undefined)
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#take(line))
    this.#closed = once(this.#child, 'close').then(
      () => this.#lost(this.#errors.trim().split('\n').at(-1)?.slice(0, 500) || this.#howEnded),
      (error: Error) => this.#lost(error.message),
    )
  }

  /** Starts it and compares its clock with ours, by the round trip that was shortest. */
  static async start(start: FollowerStart, on: RemoteWorkerEvents): Promise<RemoteWorker> {
    const follower = new RemoteWorker(start, on)
    await follower.#answer('ready', START_DEADLINE_MS)
    await removeTree(start.briefFile)
    for (let n = 0; n < CLOCK_ROUNDS; n++) {
      const sentMs = hrMs()
      follower.#tell({ type: 'clock', n })
      const { hrMs: theirMs } = (await follower.#answer('clock', CLOCK_DEADLINE_MS)) as {
        hrMs: number
      }
      const roundTripMs = hrMs() - sentMs
      if (roundTripMs >= follower.roundTripMs) continue
      follower.roundTripMs = roundTripMs
      follower.offsetMs = theirMs - (sentMs + roundTripMs / 2)
    }
    return follower
  }

  async prepare(order: RemoteOrder): Promise<void> {
    this.#tell(order)
    await this.#answer('prepared', PREPARE_DEADLINE_MS)
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

  /** It has so long to hand over what it was told to do. */
  expectSoon(deadlineMs: number): void {
    for (const { type } of this.#waiting) this.#deadline(type, deadlineMs)
  }

  async end(): Promise<void> {
    this.#isEnding = true
    this.#tell({ type: 'end' })
    this.#child.stdin!.end()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), FAREWELL_MS)
    await this.#closed
    clearTimeout(timer)
  }

  get #howEnded(): string {
    const { exitCode, signalCode } = this.#child
    return signalCode ? `signal ${signalCode.slice(3)}` : `exit code ${exitCode}`
  }

  get isLost(): boolean {
    return this.#failure !== null
  }

  /** Within the accuracy of the comparison clocks are the same: then nothing is added. */
  #theirs(pointMs: number): number {
    return Math.abs(this.offsetMs) > this.roundTripMs ? pointMs + this.offsetMs : pointMs
  }

  #tell(order: RemoteOrder): void {
    this.#child.stdin!.write(JSON.stringify(order) + '\n')
  }

  #answer(type: RemoteReply['type'], deadlineMs?: number): Promise<RemoteReply> {
    if (this.#failure) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ type, resolve, reject })
      if (deadlineMs !== undefined) this.#deadline(type, deadlineMs)
    })
  }

  #deadline(type: string, deadlineMs: number): void {
    const waiting = this.#waiting.find((one) => one.type === type)
    const timer = setTimeout(() => {
      if (!waiting || !this.#waiting.includes(waiting)) return
      this.#lost(`${this.#name} did not say "${type}" within ${deadlineMs / 1000} s`)
      this.#child.kill('SIGKILL')
    }, deadlineMs)
    timer.unref()
  }

  #take(line: string): void {
    const answer = answerIn(line)
    if (!answer) return
    if (answer.type === 'sample') return this.#on.sample(answer, this.#index)
    if (answer.type === 'failed') return this.#lost(answer.message)
    const at = this.#waiting.findIndex(({ type }) => type === answer.type)
    if (at >= 0) this.#waiting.splice(at, 1)[0].resolve(answer)
  }

  #lost(why: string): void {
    const isFirst = this.#failure === null
    this.#failure ??= new EnvironmentError(`The ${this.#name} ended before its time`, {
      ...{ code: 'AIB_WORKER_LOST', evidence: why, hints: ['fewer workers: --clients 1'] },
    })
    if (isFirst && !this.#isEnding) this.#on.lost(this.#failure)
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure)
  }
}

/** Lines that are not ours (srun's, a module system's) are passed over, and so is one that was cut off. */
function answerIn(line: string): RemoteReply | undefined {
  if (!line.startsWith('{"type"')) return undefined
  try {
    return JSON.parse(line) as RemoteReply
  } catch {
    return undefined
  }
}
