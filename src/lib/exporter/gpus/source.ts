import type { GpuFigure, GpuLook } from '../../platform/exporter-files.js'

/** What a tool or the kernel says of a GPU; energy is added to it. */
export type GpuSeen = Omit<GpuFigure, 'energyJ'>

/** Something that looks at the GPUs of this node once a second. */
export interface GpuSource {
  vendor: 'nvidia' | 'amd'
  driver: string | null
  close(): void
}

export interface SourceOptions {
  /** All GPUs at one moment. */
  onLook(at: number, gpus: readonly GpuSeen[]): void
  log(line: string): void
  now(): number
}

/** What lies longer between two looks was not seen: nobody knows its power. */
const LONGEST_GAP_MS = 10_000

/**
 * Joules since the first look: the power of each look times the time since the one before. What cards tell is the mean of the last second
 * (NVIDIA's from Ampere on but for the A100, AMD's by `power1_average`), so it is of the time before the look; the mean of two looks would
 * come half a second late. On an H100 whose load came and went it stayed within 1 % of the card's own counter.
 */
export class EnergyMeter {
  readonly #known = new Map<string, { at: number; joules: number }>()

  add(at: number, gpus: readonly GpuSeen[]): GpuLook {
    return { at, gpus: gpus.map((gpu) => ({ ...gpu, energyJ: this.#of(at, gpu) })) }
  }

  #of(at: number, { uuid, powerW }: GpuSeen): number | null {
    const last = this.#known.get(uuid)
    if (powerW === null) return last?.joules ?? null
    const ms = last ? at - last.at : 0
    const isSeen = ms > 0 && ms <= LONGEST_GAP_MS
    const joules = (last?.joules ?? 0) + (isSeen ? powerW * (ms / 1000) : 0)
    this.#known.set(uuid, { at, joules })
    return joules
  }
}
