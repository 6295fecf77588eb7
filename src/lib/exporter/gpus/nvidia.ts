import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { GpuSeen, GpuSource, SourceOptions } from './source.js'

/** NVIDIA's, by one nvidia-smi that runs as long as we do and says a line a second for each GPU. It needs no privilege and no library. */

const EVERY_MS = 1_000
const ALWAYS = 'index,uuid,name,driver_version,utilization.gpu,memory.used,memory.total,power.draw'
const CLOCKS = `${ALWAYS},clocks.sm,clocks.mem,temperature.gpu`
/** As drivers from 535 on say it; as those before did; none. A field that a driver does not know ends the tool at once. */
const QUERIES = [
  `${CLOCKS},clocks_event_reasons.active`,
  `${CLOCKS},clocks_throttle_reasons.active`,
  CLOCKS,
  ALWAYS,
]

/** Bits of the reasons, by NVML. The first, idleness, and the clocks that somebody chose hold nothing back. */
const REASONS: readonly (readonly [bit: number, name: string])[] = [
  [0x4, 'sw_power_cap'],
  [0x8, 'hw_slowdown'],
  [0x10, 'sync_boost'],
  [0x20, 'sw_thermal_slowdown'],
  [0x40, 'hw_thermal_slowdown'],
  [0x80, 'hw_power_brake_slowdown'],
]
export const THROTTLE_REASONS = REASONS.map(([, name]) => name)

/** Lines of one round come together; the next round comes a second later. */
const ROUND_MS = 200
/** After a tool that had worked has ended: a driver that was reset comes back. */
const AGAIN_MS = 30_000

export class NvidiaSource implements GpuSource {
  readonly vendor = 'nvidia'
  driver: string | null = null
  readonly #options: SourceOptions
  readonly #program: string
  #child: ChildProcess | undefined
  #again: NodeJS.Timeout | undefined
  #isClosed = false

  private constructor(program: string, options: SourceOptions) {
    this.#program = program
    this.#options = options
  }

  /** @returns once it has seen GPUs; undefined when there is no tool, or none of its answers can be read */
  static async open(options: SourceOptions, program = 'nvidia-smi') {
    const source = new NvidiaSource(program, options)
    for (const query of QUERIES) {
      const end = await source.#run(query)
      if (end === 'sees') return source
      if (end === 'absent') return undefined
    }
    source.close()
    options.log(`${program} is there and says nothing that can be read`)
    return undefined
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#again)
    this.#child?.kill('SIGKILL')
    this.#child?.stdout?.destroy()
  }

  /** Goes on after it has resolved. A driver that hangs keeps it for ever, and nobody waits for it. */
  async #run(query: string): Promise<'sees' | 'absent' | 'failed'> {
    const options = [
      `--query-gpu=${query}`,
      '--format=csv,noheader,nounits',
      `--loop-ms=${EVERY_MS}`,
    ]
    const child = spawn(this.#program, options, { stdio: ['ignore', 'pipe', 'ignore'] })
    this.#child = child
    const round = new Round((at, gpus) => this.#options.onLook(at, gpus))
    return new Promise((resolve) => {
      let hasSeen = false
      createInterface({ input: child.stdout }).on('line', (line) => {
        const found = gpuOf(line)
        if (!found) return
        this.driver = found.driver
        round.add(this.#options.now(), found.gpu)
        hasSeen = true
        resolve('sees')
      })
      child.on('error', () => resolve('absent'))
      child.on('close', () => {
        round.close()
        if (!hasSeen) resolve('failed')
        else if (!this.#isClosed) this.#runLater(query)
      })
    })
  }

  #runLater(query: string): void {
    this.#options.log(`${this.#program} has ended; asked again in ${AGAIN_MS / 1000} s`)
    this.#again = setTimeout(() => {
      // One that says nothing now is asked again like one that did.
      void this.#run(query).then((end) => {
        if (end === 'failed' && !this.#isClosed) this.#runLater(query)
      })
    }, AGAIN_MS)
  }
}

/** Gathers the GPUs of one moment. */
class Round {
  readonly #tell: (at: number, gpus: readonly GpuSeen[]) => void
  #gpus: GpuSeen[] = []
  #at = 0
  #timer: NodeJS.Timeout | undefined

  constructor(tell: (at: number, gpus: readonly GpuSeen[]) => void) {
    this.#tell = tell
  }

  add(at: number, gpu: GpuSeen): void {
    if (this.#gpus.some(({ uuid }) => uuid === gpu.uuid)) this.close()
    if (this.#gpus.length === 0) this.#at = at
    this.#gpus.push(gpu)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.close(), ROUND_MS)
  }

  close(): void {
    clearTimeout(this.#timer)
    if (this.#gpus.length > 0) this.#tell(this.#at, this.#gpus)
    this.#gpus = []
  }
}

/** `0, GPU-5d1c…, NVIDIA H100 80GB HBM3, 580.159.04, 41, 75807, 81559, 348.12, 1980, 2619, 45, 0x0000000000000004`; `[N/A]` is unknown. */
function gpuOf(line: string): { gpu: GpuSeen; driver: string } | undefined {
  const fields = line.split(',').map((field) => field.trim())
  const [index, uuid, name, driver, ...figures] = fields
  if (!/^\d+$/.test(index) || figures.length < 4) return undefined
  const [percent, memoryUsedMiB, memoryTotalMiB, powerW, smMHz, memoryMHz, temperatureC] =
    figures.map(numberOf)
  return {
    driver,
    gpu: {
      index,
      uuid,
      name,
      busyShare: percent === null ? null : percent / 100,
      memoryUsedMiB,
      memoryTotalMiB,
      powerW,
      smMHz: smMHz ?? null,
      memoryMHz: memoryMHz ?? null,
      temperatureC: temperatureC ?? null,
      throttle: reasonsOf(figures[7]),
    },
  }
}

function numberOf(text: string): number | null {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : null
}

function reasonsOf(mask: string | undefined): string[] {
  if (mask === undefined || !/^0x[0-9a-f]+$/i.test(mask)) return []
  const bits = BigInt(mask)
  return REASONS.filter(([bit]) => (bits & BigInt(bit)) !== 0n).map(([, name]) => name)
}
