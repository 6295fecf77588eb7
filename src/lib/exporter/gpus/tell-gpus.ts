import type { GpuFigure, GpuLook } from '../../platform/exporter-files.js'
import type { FigurePage, Labels, Sample } from '../../platform/figure-page.js'
import { THROTTLE_REASONS } from './nvidia.js'

const MIB = 1024 * 1024

/** What is older says nothing of now. */
export const STALE_MS = 5_000

export function tellGpus(page: FigurePage, { gpus }: GpuLook): void {
  const each = (value: (gpu: GpuFigure) => number | null) =>
    gpus.map((gpu): Sample => [labelsOf(gpu), value(gpu)])
  const scaled = (value: number | null, factor: number) => (value === null ? null : value * factor)
  page.gauge(
    'aibench_gpu_busy_ratio',
    'Share of the last moments in which the GPU computed anything at all, 0 to 1.',
    each(({ busyShare }) => busyShare),
  )
  page.gauge(
    'aibench_gpu_memory_used_bytes',
    'Memory of the GPU that is in use.',
    each(({ memoryUsedMiB }) => scaled(memoryUsedMiB, MIB)),
  )
  page.gauge(
    'aibench_gpu_memory_total_bytes',
    'Memory of the GPU.',
    each(({ memoryTotalMiB }) => scaled(memoryTotalMiB, MIB)),
  )
  page.gauge(
    'aibench_gpu_power_watts',
    'Power that the GPU draws.',
    each(({ powerW }) => powerW),
  )
  page.gauge(
    'aibench_gpu_sm_clock_hertz',
    'Clock of its processors.',
    each(({ smMHz }) => scaled(smMHz, 1e6)),
  )
  page.gauge(
    'aibench_gpu_memory_clock_hertz',
    'Clock of its memory.',
    each(({ memoryMHz }) => scaled(memoryMHz, 1e6)),
  )
  page.gauge(
    'aibench_gpu_temperature_celsius',
    'Temperature of the GPU.',
    each(({ temperatureC }) => temperatureC),
  )
  page.counter(
    'aibench_gpu_energy_joules_total',
    'Energy since the exporter began, from the power once a second.',
    each(({ energyJ }) => energyJ),
  )
  page.gauge(
    'aibench_gpu_throttled',
    '1 while its clocks are held back for this reason.',
    gpus.flatMap((gpu) =>
      THROTTLE_REASONS.map((reason): Sample => {
        const isHeld = gpu.throttle.includes(reason)
        return [{ ...labelsOf(gpu), reason }, Number(isHeld)]
      }),
    ),
  )
}

function labelsOf({ index, uuid, name }: GpuFigure): Labels {
  return { gpu: index, uuid, gpu_name: name }
}
