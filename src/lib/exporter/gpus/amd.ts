import { namesIn, numberIn, textOf } from '../node/files.js'
import type { GpuSeen, GpuSource, SourceOptions } from './source.js'

/**
 * AMD's, from what the kernel's driver tells of each card in files that everybody may read. amd-smi and rocm-smi read the same; each call of
 * theirs starts a Python, which once a second would be seen in what is measured.
 */

const EVERY_MS = 1_000

export class AmdSource implements GpuSource {
  readonly vendor = 'amd'
  readonly driver: string | null
  readonly #timer: NodeJS.Timeout

  private constructor(cards: readonly Card[], sys: string, { onLook, now }: SourceOptions) {
    this.driver = textOf(`${sys}/module/amdgpu/version`)?.trim() ?? null
    const look = () => onLook(now(), cards.map(seen))
    look()
    this.#timer = setInterval(look, EVERY_MS)
  }

  /** @returns undefined when there is no card of its */
  static open(options: SourceOptions, sys: string): AmdSource | undefined {
    const cards = cardsIn(sys)
    return cards.length === 0 ? undefined : new AmdSource(cards, sys, options)
  }

  close(): void {
    clearInterval(this.#timer)
  }
}

interface Card {
  index: string
  uuid: string
  name: string
  device: string
  /** Of its sensors; null when it has none. */
  hwmon: string | null
}

const AMD = '0x1002'

function cardsIn(sys: string): Card[] {
  return (
    namesIn(`${sys}/class/drm`)
      .flatMap((name) => /^card(\d+)$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b)
      .map((number) => `${sys}/class/drm/card${number}/device`)
      .filter((device) => textOf(`${device}/vendor`)?.trim() === AMD)
      // What only draws tells no use.
      .filter((device) => numberIn(`${device}/gpu_busy_percent`) !== null)
      .map((device, index) => {
        const [sensors] = namesIn(`${device}/hwmon`)
        const id = textOf(`${device}/unique_id`)?.trim()
        const product = textOf(`${device}/product_name`)?.trim()
        return {
          index: String(index),
          // As the vendor's tools write it.
          uuid: id ? `0x${id.replace(/^0x/, '')}` : `card${index}`,
          name: product || `AMD GPU ${textOf(`${device}/device`)?.trim() ?? ''}`.trim(),
          device,
          hwmon: sensors === undefined ? null : `${device}/hwmon/${sensors}`,
        }
      })
  )
}

function seen({ index, uuid, name, device, hwmon }: Card): GpuSeen {
  const of = (file: string, unit: number) => {
    const value = numberIn(`${device}/${file}`)
    return value === null ? null : value / unit
  }
  const sensor = (file: string, unit: number) => {
    const value = hwmon === null ? null : numberIn(`${hwmon}/${file}`)
    return value === null ? null : value / unit
  }
  return {
    index,
    uuid,
    name,
    busyShare: of('gpu_busy_percent', 100),
    memoryUsedMiB: of('mem_info_vram_used', 1 << 20),
    memoryTotalMiB: of('mem_info_vram_total', 1 << 20),
    // Averaged by the card, in newer kernels only of the moment; microwatts.
    powerW: sensor('power1_average', 1e6) ?? sensor('power1_input', 1e6),
    smMHz: sensor('freq1_input', 1e6),
    memoryMHz: sensor('freq2_input', 1e6),
    temperatureC: sensor('temp1_input', 1e3),
    throttle: [],
  }
}
