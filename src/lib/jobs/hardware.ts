import { visibleGpus, type NodeRecord } from '../scheduler/node-record.js'

/** What an instance runs on, as its nodes say it; the same fields are in results, under `provenance.hardware`. */
export interface HardwareReport {
  /** For people: `2 × 4 NVIDIA A100-SXM4-40GB`, `1 NVIDIA H100 80GB HBM3`, `no GPU · AMD EPYC 7763, 128 cores`. */
  text: string
  /** `NVIDIA H100 80GB HBM3`; several kinds joined by ` + `; null without GPUs. */
  gpuType: string | null
  /** On each node; null when they differ. */
  gpusPerNode: number | null
  /** On all nodes together. */
  gpuCount: number
  /** Of one GPU. */
  gpuMemoryMiB: number | null
  driver: string | null
  /** The tool that was asked; null when there is none on the nodes. */
  gpusFrom: string | null
  /** Why the GPUs are not known, where a tool is there and failed. */
  gpuTrouble: string | null
  gpuIds: readonly string[]
  cpu: string | null
  cores: number | null
  memoryMiB: number | null
  nodes: number
}

/** @returns null when no node has said anything (yet) */
export function hardwareOf(records: readonly NodeRecord[]): HardwareReport | null {
  if (records.length === 0) return null
  const perNode = records.map((record) => visibleGpus(record))
  const all = perNode.flat()
  const [first] = records
  const gpu = distinct(all.map(({ name }) => name)).join(' + ') || null
  return {
    text: textOf(records, perNode),
    gpuType: gpu,
    gpusPerNode:
      distinct(perNode.map(({ length }) => length)).length === 1 ? perNode[0].length : null,
    gpuCount: all.length,
    gpuMemoryMiB: all[0]?.memoryMiB ?? null,
    driver: all[0]?.driver ?? null,
    gpusFrom: first.gpusFrom,
    gpuTrouble: records.find(({ gpuTrouble }) => gpuTrouble !== null)?.gpuTrouble ?? null,
    gpuIds: all.map(({ uuid }) => uuid),
    cpu: first.cpu,
    cores: first.cores,
    memoryMiB: first.memoryMiB,
    nodes: records.length,
  }
}

function textOf(records: readonly NodeRecord[], perNode: readonly { name: string }[][]): string {
  const kinds = distinct(
    perNode.map((gpus) =>
      distinct(gpus.map(({ name }) => name))
        .map((name) => `${gpus.filter((gpu) => gpu.name === name).length} × ${name}`)
        .join(' + '),
    ),
  )
  const [{ cpu, cores, gpuTrouble }] = records
  const nodes = records.length > 1 ? `${records.length} nodes × ` : ''
  if (kinds.some((kind) => kind !== '')) return nodes + kinds.filter(Boolean).join(' / ')
  const processor = `${nodes}${cores ?? '?'} cores of ${cpu ?? 'an unknown CPU'}`
  return gpuTrouble === null
    ? `no GPU · ${processor}`
    : `GPUs unknown (${gpuTrouble}) · ${processor}`
}

function distinct<T>(words: readonly T[]): T[] {
  return [...new Set(words)]
}
