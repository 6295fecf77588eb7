import * as v from 'valibot'

/** What a server used while requests were measured: part of a result. */

const number = v.number()

const MeanMaxSchema = v.object({ mean: number, max: number })
const GpuFiguresSchema = v.object({
  /** Of the time in which a GPU computed anything at all, 0 to 1. */
  busyShare: v.nullable(MeanMaxSchema),
  memoryMiB: v.nullable(MeanMaxSchema),
  powerW: v.nullable(MeanMaxSchema),
})

export const ServerGpusSchema = v.object({
  /** How often all of them were seen. */
  looks: number,
  /** Busy: over all GPUs. Memory and power: of all together. */
  ...GpuFiguresSchema.entries,
  /** Of all together while requests were measured: the mean power over that time. */
  energyJ: v.optional(v.nullable(number), null),
  /** Output tokens for a joule of all together. */
  tokensPerJoule: v.optional(v.nullable(number), null),
  /** Output tokens for an hour of one GPU. */
  tokensPerGpuHour: v.optional(v.nullable(number), null),
  each: v.array(v.object({ index: v.string(), uuid: v.string(), ...GpuFiguresSchema.entries })),
})

export const ServerProcessesSchema = v.object({
  /** What speaks HTTP; what schedules; what runs the model, where that is apart; all else. */
  role: v.picklist(['api', 'engine', 'worker', 'other']),
  count: number,
  /** CPU seconds of them all, per second that was measured. */
  cores: number,
  /** Of the one that used most. */
  busiestCores: number,
})

export type ServerProcesses = v.InferOutput<typeof ServerProcessesSchema>
export type ServerGpus = v.InferOutput<typeof ServerGpusSchema>
export type GpuFigures = Pick<ServerGpus, 'busyShare' | 'memoryMiB' | 'powerW'>
