import * as v from 'valibot'

/** Where a server ran, as far as its job has told; the `hardware` of a result's provenance. */
const HardwareSchema = v.object({
  /** `NVIDIA A100-SXM4-40GB`; null when the job has not told. */
  gpuType: v.optional(v.nullable(v.string()), null),
  /** On each node; null when not known, 0 when none are used. */
  gpusPerNode: v.optional(v.nullable(v.number()), null),
  tensorParallel: v.optional(v.nullable(v.number()), null),
  pipelineParallel: v.optional(v.nullable(v.number()), null),
})
export interface Hardware extends v.InferOutput<typeof HardwareSchema> {
  nodes: readonly string[]
  /** File name of the container image; null without one. */
  image: string | null
}

const ServerSchema = v.object({
  kind: v.optional(v.string()),
  path: v.optional(v.string()),
  parallel: v.optional(v.object({ tensor: v.number(), pipeline: v.number() })),
  hardware: v.optional(HardwareSchema),
})

const EngineSchema = v.object({ tensorParallel: v.number(), pipelineParallel: v.number() })

/** Null of a server that aibench did not start. */
export function hardwareOf(provenance: Readonly<Record<string, unknown>>): Hardware | null {
  const server = v.safeParse(ServerSchema, provenance.server)
  if (!server.success) return null
  const { kind, path, parallel, hardware } = server.output
  const told = v.safeParse(HardwareSchema, provenance.hardware ?? hardware ?? {})
  const engine = v.safeParse(EngineSchema, provenance.engine)
  const nodes = v.safeParse(v.array(v.string()), provenance.nodes)
  return {
    ...(told.success ? told.output : v.parse(HardwareSchema, {})),
    ...(parallel ? { tensorParallel: parallel.tensor, pipelineParallel: parallel.pipeline } : {}),
    // What the server says that it does stands over what was asked for.
    ...(engine.success ? engine.output : {}),
    nodes: nodes.success ? nodes.output : [],
    image: kind === 'image' && path ? path.slice(path.lastIndexOf('/') + 1) : null,
  }
}

/** `2 × 4 A100 (mel2041 mel2042) · TP 4 × PP 2 · vllm.sif`; '' when nothing is known. */
export function describeHardware(hardware: Hardware | null): string {
  if (!hardware) return ''
  const { gpuType, gpusPerNode, nodes, tensorParallel: tp, pipelineParallel: pp, image } = hardware
  const names = nodes.length > 4 ? `${nodes.slice(0, 3).join(' ')} …` : nodes.join(' ')
  const gpus =
    gpusPerNode || gpuType
      ? `${nodes.length || 1} × ${gpusPerNode ?? 1} ${shortGpu(gpuType) ?? (gpusPerNode === 1 ? 'GPU' : 'GPUs')}`
      : null
  return [
    gpus ? (names ? `${gpus} (${names})` : gpus) : names,
    (tp ?? 1) * (pp ?? 1) > 1 && `TP ${tp ?? 1} × PP ${pp ?? 1}`,
    image,
  ]
    .filter(Boolean)
    .join(' · ')
}

/** `NVIDIA A100-SXM4-40GB` → `A100-SXM4-40GB`; `NVIDIA H100 80GB HBM3` → `H100 80GB HBM3`. */
function shortGpu(type: string | null): string | null {
  return type && type.replace(/^(NVIDIA|AMD Instinct|AMD|Tesla)\s+/i, '')
}
