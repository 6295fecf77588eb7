import * as v from 'valibot'
import { option } from '../../options/option.js'
import { alike } from '../../options/set.js'
import { EnvironmentError, UsageError } from '../../platform/errors.js'
import { gpusOfGres, gpusOfSbatchArgs, parseGpus } from '../../scheduler/gpus.js'
import type { Asked, Context, Place } from '../../jobs/contract.js'
import type { VllmProgram } from './program.js'
import type { VllmOptions } from './options.js'

/**
 * The GPUs of each node, wherever they are asked for: a flag, a further sbatch option, the setting vllm.gpus; on this machine, as many as
 * the model is spread over, where it has some. All that depends on them (an image's --nv, tensor parallel, checks) sees one number.
 * @throws UsageError when two of them contradict each other
 */
export async function withGpus(
  context: Context,
  options: VllmOptions,
  { scheduler, resources }: Asked,
): Promise<VllmOptions> {
  const extra = resources.sbatchArgs ?? []
  const inArgs = gpusOfSbatchArgs(extra, { nodes: resources.nodes ?? 1 })
  const { gpusPerNode } = options
  if (inArgs && gpusPerNode !== null && inArgs.count !== gpusPerNode)
    throw new UsageError(
      `${gpusPerNode} GPUs per node are asked for, but --sbatch-arg asks for ${inArgs.count}`,
      { code: 'AIB_GPUS', hints: ['leave one of them out'] },
    )
  if (inArgs && scheduler === 'slurm')
    return { ...options, gpusPerNode: inArgs.count, gpuType: inArgs.type, gres: null }
  if (gpusPerNode !== null || options.simulate !== null) return options
  const set = context.settings.get('vllm.gpus')
  if (set !== undefined) return { ...options, ...gpuOptionsOf(set, 'the setting vllm.gpus') }
  if (scheduler !== 'local') return options
  const here = await context.scheduler('local').gpusPerNode(undefined)
  const wanted = (options.tensorParallel ?? 1) * (options.pipelineParallel ?? 1)
  return here ? { ...options, gpusPerNode: wanted } : options
}

/** As they are kept: how many a node, of which type, in whose spelling. */
export type GpuChoice = Pick<VllmOptions, 'gpusPerNode' | 'gpuType' | 'gres'>

const gpuSchema = v.object({
  gpusPerNode: v.nullable(v.number()),
  gpuType: v.nullable(v.string()),
  gres: v.nullable(v.string()),
})

export const gpuOptions = alike(
  { group: 'PARALLEL' },
  {
    gpus: option<GpuChoice>(
      {
        schema: gpuSchema,
        read: gpuOptionsOf,
        write: ({ gpusPerNode, gpuType }) =>
          gpusPerNode && gpuType ? `${gpuType}:${gpusPerNode}` : String(gpusPerNode),
      },
      {
        flag: 'gpus-per-node',
        helpValue: '[TYPE:]N',
        char: 'g',
        summary: 'Request N GPUs on each node, of any type or of TYPE.',
        setting: 'vllm.gpus',
        isSettledLater: true,
      },
    ),
    gres: option<GpuChoice>(
      {
        schema: gpuSchema,
        read(text, where) {
          const request = gpusOfGres(text)
          if (request) return { gpusPerNode: request.count, gpuType: request.type, gres: text }
          throw new UsageError(
            `${where} must name GPUs, such as gpu:4 or gpu:a100:4, not "${text}"`,
            { typed: text, hints: [`--sbatch-arg=--gres=${text}   # other resources`] },
          )
        },
        write: ({ gres }) => gres ?? '',
      },
      { helpValue: 'gpu:[TYPE:]N', summary: 'Request GPUs by --gres, for sites that need it.' },
    ),
  },
)

/** @param where the flag or setting that the text is from */
export function gpuOptionsOf(text: string, where: string): GpuChoice {
  const request = parseGpus(text)
  if (!request)
    throw new UsageError(`${where} must be N or TYPE:N, such as 4 or a100:4, not "${text}"`)
  return {
    gpusPerNode: request.count,
    gpuType: request.type,
    gres: text.trim().startsWith('gpu:') && request.count > 0 ? text.trim() : null,
  }
}

/** @throws EnvironmentError when no node of the partition, or this machine, has that many */
export async function refuseMissingGpus(
  context: Context,
  { gpusPerNode, gpuType }: VllmOptions,
  { resources, scheduler }: Place,
): Promise<void> {
  if (!gpusPerNode) return
  const asked = context.scheduler(scheduler)
  const { partition, clusters } = resources
  const most = await asked.gpusPerNode(partition, { clusters, type: gpuType ?? undefined })
  if (most === undefined || most >= gpusPerNode) return
  const where =
    scheduler === 'local'
      ? 'This machine'
      : partition
        ? `Partition "${partition}"`
        : 'The default partition'
  const kind = gpuType ? ` of type ${gpuType}` : ''
  const hints =
    scheduler === 'local'
      ? ['nvidia-smi -L', 'echo "$CUDA_VISIBLE_DEVICES"', '--gpus-per-node N']
      : ['sinfo -o "%P %D %G"', '--partition NAME', '--gpus-per-node N']
  throw new EnvironmentError(
    most === 0
      ? `${where} has no GPUs${kind}`
      : `${where} has ${most} GPUs a node${kind}, not ${gpusPerNode}`,
    { code: 'AIB_GPUS', hints },
  )
}

/** What is likely a mistake: a vLLM that was built for GPUs, in a job without any. Asking for 0 says that it is none. */
export function missingGpus(
  { gpusPerNode }: VllmOptions,
  program: VllmProgram,
  { scheduler }: Place,
): string[] {
  if (gpusPerNode !== null) return []
  const isForCpu =
    program.kind === 'native' && (program.version === null || /cpu/.test(program.version))
  if (isForCpu) return []
  const what = program.kind === 'image' ? 'the image' : `vLLM ${program.version}`
  const where = scheduler === 'local' ? 'this machine shows none' : 'none are asked for'
  return [
    `${what} gets no GPU (${where}): --gpus-per-node N, or 0 if that is meant; to keep it: aibench config set vllm.gpus N`,
  ]
}
