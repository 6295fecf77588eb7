import * as v from 'valibot'

/** Where a server ran, in a result's provenance, as far as its job has told. */
const ProvenanceSchema = v.object({
  nodes: v.optional(v.array(v.string()), []),
  hardware: v.optional(v.nullable(v.object({ text: v.string(), gpuCount: v.number() }))),
  engine: v.optional(
    v.nullable(
      v.object({
        tensorParallel: v.nullable(v.number()),
        pipelineParallel: v.nullable(v.number()),
      }),
    ),
  ),
  server: v.nullable(
    v.object({
      kind: v.optional(v.string()),
      path: v.optional(v.string()),
      parallel: v.optional(v.object({ tensor: v.number(), pipeline: v.number() })),
    }),
  ),
})

/**
 * `2 nodes × 4 × A100-SXM4-40GB (mel2041 mel2042) · TP 4 × PP 2 · server.sif`; without GPUs the nodes. '' of a server that aibench did not
 * start.
 */
export function describeHardware(provenance: Readonly<Record<string, unknown>>): string {
  const parsed = v.safeParse(ProvenanceSchema, provenance)
  if (!parsed.success || parsed.output.server === null) return ''
  const { nodes, hardware, engine, server } = parsed.output
  const names = nodes.length > 4 ? `${nodes.slice(0, 3).join(' ')} …` : nodes.join(' ')
  const gpus = hardware && hardware.gpuCount > 0 ? hardware.text.replaceAll('NVIDIA ', '') : null
  const tensor = engine?.tensorParallel ?? server.parallel?.tensor ?? 1
  const pipeline = engine?.pipelineParallel ?? server.parallel?.pipeline ?? 1
  const { kind, path } = server
  return [
    gpus ? (names ? `${gpus} (${names})` : gpus) : names,
    tensor * pipeline > 1 && `TP ${tensor} × PP ${pipeline}`,
    kind === 'image' && path && path.slice(path.lastIndexOf('/') + 1),
  ]
    .filter(Boolean)
    .join(' · ')
}
