import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { EnvironmentError } from '../../platform/errors.js'
import { readJsonIfThere, removeTree, writeJson } from '../../platform/files.js'
import type { Growth } from '../process/worker-events.js'
import {
  hrMs,
  type RemoteOrder,
  type RemoteReply,
  type RemoteWorkerConfig,
  type SerializedOutcome,
} from './remote-protocol.js'
import type { LoadSample } from './workload.js'

interface RemoteStart {
  argv: readonly string[]
  configFile: string
  index: number
}

export interface RemoteWorkerEvents<Sample extends LoadSample> {
  sample(sample: Sample, index: number): void
  /** Only of a run that has a store of figures. */
  growth?(growth: Growth): void
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

/**
 * All but the leader.
 * @param program the worker's own, for those that are to run here
 */
export function startRemoteWorkers<
  Repeat,
  Sample extends LoadSample,
  Config extends { runDir: string; workers: readonly (readonly string[])[] },
>(
  count: number,
  common: { of: string; config: Config; context: unknown },
  program: string,
  on: RemoteWorkerEvents<Sample>,
): Promise<RemoteWorkerProcess<Repeat>[]> {
  const { runDir, workers } = common.config
  return Promise.all(
    Array.from({ length: count - 1 }, async (_, i) => {
      const index = i + 1
      const config: RemoteWorkerConfig<Config, unknown> = {
        kind: 'remote-worker',
        ...common,
        shard: { index, of: count },
      }
      const configFile = join(runDir, `worker-${index}.json`)
      await writeJson(configFile, config)
      const argv = workers[i] ?? [process.execPath, ...process.execArgv, program]
      return RemoteWorkerProcess.start<Repeat, Sample>({ argv, configFile, index }, on)
    }),
  )
}

/** One process that measures along with the leader, here or on another node. */
export class RemoteWorkerProcess<Repeat> {
  readonly #child: ChildProcess
  readonly #waiting: {
    type: string
    resolve(reply: RemoteReply): void
    reject(error: Error): void
  }[] = []
  readonly #index: number
  readonly #name: string
  readonly #on: RemoteWorkerEvents<never>
  readonly #closed: Promise<void>
  #errors = ''
  #failure: Error | null = null
  #isEnding = false
  offsetMs = 0
  roundTripMs = Infinity

  private constructor({ argv, configFile, index }: RemoteStart, on: RemoteWorkerEvents<never>) {
    const [command, ...args] = argv
    this.#index = index
    this.#name = `measuring process ${index + 1}`
    this.#on = on
    this.#child = spawn(command, [...args, configFile], { stdio: ['pipe', 'pipe', 'pipe'] })
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
  static async start<Repeat, Sample extends LoadSample>(
    start: RemoteStart,
    on: RemoteWorkerEvents<Sample>,
  ): Promise<RemoteWorkerProcess<Repeat>> {
    const worker = new RemoteWorkerProcess<Repeat>(start, on)
    await worker.#reply('ready', START_DEADLINE_MS)
    await removeTree(start.configFile)
    for (let n = 0; n < CLOCK_ROUNDS; n++) {
      const sentMs = hrMs()
      worker.#tell({ type: 'clock', n })
      const { hrMs: theirMs } = (await worker.#reply('clock', CLOCK_DEADLINE_MS)) as {
        hrMs: number
      }
      const roundTripMs = hrMs() - sentMs
      if (roundTripMs >= worker.roundTripMs) continue
      worker.roundTripMs = roundTripMs
      worker.offsetMs = theirMs - (sentMs + roundTripMs / 2)
    }
    return worker
  }

  async prepare(repeat: Repeat, isMeasured: boolean): Promise<void> {
    this.#tell({ type: 'prepare', repeat, isMeasured })
    await this.#reply('prepared', PREPARE_DEADLINE_MS)
  }

  async warmUp(startMs: number): Promise<void> {
    this.#tell({ type: 'start', startMs: this.#theirs(startMs) })
    await this.#reply('warmed-up')
  }

  async run(startMs: number): Promise<SerializedOutcome> {
    this.#tell({ type: 'start', startMs: this.#theirs(startMs) })
    const { file } = (await this.#reply('outcome')) as { file: string }
    const outcome = (await readJsonIfThere(file)) as SerializedOutcome
    await removeTree(file)
    return outcome
  }

  /** It ends its repeat, hands over what it has, and waits for the next order. */
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

  #tell(order: RemoteOrder<Repeat>): void {
    this.#child.stdin!.write(JSON.stringify(order) + '\n')
  }

  #reply(type: RemoteReply['type'], deadlineMs?: number): Promise<RemoteReply> {
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
    const reply = replyIn(line)
    if (!reply) return
    // What it says in its samples is its kind's, as is the worker that it runs.
    if (reply.type === 'sample') return this.#on.sample(reply as never, this.#index)
    if (reply.type === 'growth') return this.#on.growth?.(reply)
    if (reply.type === 'failed') return this.#lost(reply.message)
    const at = this.#waiting.findIndex(({ type }) => type === reply.type)
    if (at >= 0) this.#waiting.splice(at, 1)[0].resolve(reply)
  }

  #lost(why: string): void {
    const isFirst = this.#failure === null
    this.#failure ??= new EnvironmentError(`The ${this.#name} ended before its time`, {
      code: 'AIB_WORKER_LOST',
      evidence: why,
      hints: ['fewer workers: --clients 1'],
    })
    if (isFirst && !this.#isEnding) this.#on.lost(this.#failure)
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure)
  }
}

/** Lines that are not ours (srun's, a module system's) are passed over, and so is one that was cut off. */
function replyIn(line: string): RemoteReply | undefined {
  if (!line.startsWith('{"type"')) return undefined
  try {
    return JSON.parse(line) as RemoteReply
  } catch {
    return undefined
  }
}
