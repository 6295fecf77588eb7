import { UsageError } from '../../platform/errors.js'
import type { VllmOptions } from './options.js'

/** How the model is spread over GPUs and nodes. */
export interface Parallel {
  tensor: number
  pipeline: number
}

/** What config.json says of the model; null where it does not. */
export interface ModelShape {
  architecture: string | null
  heads: number | null
  layers: number | null
  /** The longest context that the model was made for; null when it is stretched (RoPE scaling), which vLLM reckons itself. */
  context: number | null
}

type Asked = Pick<VllmOptions, 'tensorParallel' | 'pipelineParallel' | 'gpusPerNode' | 'vllmArgs'>

/**
 * By default the tensors over the GPUs of a node and the layers over the nodes; one that is given decides the other. Without GPUs each
 * node counts as one.
 * @throws UsageError, with the numbers, when they don't fit each other or the model
 */
export function parallelOf(asked: Asked, nodes: number, shape: ModelShape | null): Parallel {
  const perNode = asked.gpusPerNode || 1
  const all = perNode * nodes
  const rest = (given: number, usual: number) => (all % given === 0 ? all / given : usual)
  const { tensorParallel, pipelineParallel } = asked
  const tensor = tensorParallel ?? (pipelineParallel ? rest(pipelineParallel, perNode) : perNode)
  const pipeline = pipelineParallel ?? (tensorParallel ? rest(tensorParallel, nodes) : nodes)
  refuseMisfit(asked, { tensor, pipeline }, nodes)
  if (shape) refuseShape(asked, { tensor, pipeline }, shape)
  return { tensor, pipeline }
}

function refuseMisfit(asked: Asked, { tensor, pipeline }: Parallel, nodes: number): void {
  const world = tensor * pipeline
  const product = `tensor parallel ${tensor} × pipeline parallel ${pipeline} = ${world}`
  // Data parallel copies take GPUs too; how many is vLLM's own reckoning.
  if (asked.vllmArgs.some((word) => /^(--data-parallel|-dp)/.test(word))) return
  if (asked.gpusPerNode) {
    const gpus = asked.gpusPerNode * nodes
    if (world !== gpus)
      throw new UsageError(
        `${product}, but ${asked.gpusPerNode} GPUs × ${nodes} node${nodes > 1 ? 's' : ''} = ${gpus} are asked for`,
        {
          code: 'AIB_PARALLEL',
          hints: [`--tensor-parallel ${asked.gpusPerNode} --pipeline-parallel ${nodes}`],
        },
      )
  } else if (world % nodes !== 0)
    throw new UsageError(`${product} does not divide by ${nodes} nodes`, { code: 'AIB_PARALLEL' })
}

function refuseShape(
  { gpusPerNode }: Asked,
  { tensor, pipeline }: Parallel,
  { heads, layers }: ModelShape,
): void {
  if (heads !== null && heads % tensor !== 0)
    throw new UsageError(
      `The model has ${heads} attention heads, which tensor parallel ${tensor} does not divide`,
      {
        code: 'AIB_PARALLEL',
        // As many GPUs as there are ranks, or the next refusal would be about that.
        hints: divisorsOf(heads, tensor).map((divisor) =>
          gpusPerNode
            ? `--gpus-per-node ${divisor} --tensor-parallel ${divisor}`
            : `--tensor-parallel ${divisor}`,
        ),
      },
    )
  if (layers !== null && layers < pipeline)
    throw new UsageError(
      `The model has ${layers} layers, fewer than pipeline parallel ${pipeline}`,
      { code: 'AIB_PARALLEL', hints: [`--pipeline-parallel ${layers}   # at most`] },
    )
}

/** Up to three below what was asked for, the greatest first. */
function divisorsOf(heads: number, below: number): number[] {
  return [32, 16, 8, 4, 2, 1]
    .filter((divisor) => divisor < below && heads % divisor === 0)
    .slice(0, 3)
}
