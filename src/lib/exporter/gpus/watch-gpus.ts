import type { ExporterRecord, GpuLook } from '../../platform/exporter-files.js'
import { AmdSource } from './amd.js'
import { NvidiaSource } from './nvidia.js'
import { EnergyMeter, type GpuSource, type SourceOptions } from './source.js'

export interface GpuWatcher {
  /** The last look; undefined when none were seen. */
  last(): GpuLook | undefined
  seen(): ExporterRecord['gpus']
  close(): void
}

interface WatchOptions extends Pick<SourceOptions, 'log' | 'now'> {
  sys: string
  onLook(look: GpuLook): void
  /** There are some, or another number of them. */
  onFound(): void
}

/** Begins to look, and waits for nothing: a driver may take seconds to answer, or hang. */
export function watchGpus({ sys, onLook, onFound, ...rest }: WatchOptions): GpuWatcher {
  const meter = new EnergyMeter()
  let last: GpuLook | undefined
  let source: GpuSource | undefined
  let isClosed = false
  let count = 0
  const options: SourceOptions = {
    ...rest,
    onLook: (at, gpus) => {
      last = meter.add(at, gpus)
      onLook(last)
      // The first that an NVIDIA tool says may be half of a round.
      if (gpus.length !== count && source) onFound()
      count = gpus.length
    },
  }
  void (async () => {
    const found = (await NvidiaSource.open(options)) ?? AmdSource.open(options, sys)
    if (isClosed) found?.close()
    else if (found) {
      source = found
      if (count > 0) onFound()
    } else rest.log('no GPUs here: neither nvidia-smi nor the kernel’s driver for AMD knows one')
  })()
  return {
    last: () => last,
    seen: () => {
      if (!source) return null
      return { vendor: source.vendor, count: last?.gpus.length ?? 0, driver: source.driver }
    },
    close: () => {
      isClosed = true
      source?.close()
    },
  }
}
