import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

/** One GPU at one moment. What the tool does not know is null. */
export interface GpuSample {
  index: string
  uuid: string
  /** Share of the last moments in which it computed anything at all, 0 to 1. */
  busyShare: number | null
  memoryMiB: number | null
  powerW: number | null
}

const EVERY_MS = 1_000
const QUERY = [
  '--query-gpu=index,uuid,utilization.gpu,memory.used,power.draw',
  '--format=csv,noheader,nounits',
  `--loop-ms=${EVERY_MS}`,
]

/**
 * Looks at the GPUs of this node once a second, by one nvidia-smi that runs as long as this does. It never outlives us: its output is our
 * pipe. Where there is none, or it fails, nothing is seen.
 */
export class GpuWatch {
  readonly #child: ChildProcess
  readonly #wanted: readonly string[] | null
  #looks: GpuSample[] = []

  /** @param wanted ids of GPUs, or indices; null: all */
  constructor(wanted: readonly string[] | null, program = 'nvidia-smi') {
    this.#wanted = wanted
    this.#child = spawn(program, QUERY, { stdio: ['ignore', 'pipe', 'ignore'] })
    this.#child.on('error', () => undefined)
    // Looked at, never waited for.
    this.#child.unref()
    const lines = createInterface({ input: this.#child.stdout! })
    lines.on('line', (line) => this.#take(line))
    process.once('exit', this.#kill)
  }

  /** What was seen since the last call, in order. */
  take(): GpuSample[] {
    const looks = this.#looks
    this.#looks = []
    return looks
  }

  close(): void {
    process.off('exit', this.#kill)
    this.#kill()
    this.#child.stdout!.destroy()
  }

  #kill = () => void this.#child.kill('SIGKILL')

  #take(line: string): void {
    const look = lookOf(line)
    if (look && isWanted(this.#wanted, look)) this.#looks.push(look)
  }
}

/** Ids may be cut short, as in CUDA_VISIBLE_DEVICES. @param wanted null: all */
export function isWanted(
  wanted: readonly string[] | null,
  { index, uuid }: Pick<GpuSample, 'index' | 'uuid'>,
): boolean {
  if (wanted === null) return true
  return wanted.some((name) => name === index || (name.length > 4 && uuid.startsWith(name)))
}

/** `0, GPU-5d1c…, 41, 75807, 348.12`; `[N/A]` and the like are unknown. */
function lookOf(line: string): GpuSample | undefined {
  const fields = line.split(',').map((field) => field.trim())
  if (fields.length !== 5 || !/^\d+$/.test(fields[0])) return undefined
  const [index, uuid, ...figures] = fields
  const [percent, memoryMiB, powerW] = figures.map((text) =>
    /^\d+(\.\d+)?$/.test(text) ? Number(text) : null,
  )
  return { index, uuid, busyShare: percent === null ? null : percent / 100, memoryMiB, powerW }
}
