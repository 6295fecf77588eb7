import * as Flags from '@oclif/core/flags'
import type * as Interfaces from '@oclif/core/interfaces'
import { UsageError } from '../../../platform/errors.js'
import { gpuOptionsOf, gpusOfGres } from '../gpus.js'
import { simulatorFlags, simulatorFrom } from './simulator-flags.js'

const model = { helpGroup: 'MODEL' } as const
const server = { helpGroup: 'SERVER' } as const
const parallel = { helpGroup: 'PARALLEL' } as const

/** What a vLLM server can be told, besides where it runs. */
export const vllmStartFlags = {
  model: Flags.string({
    ...model,
    helpValue: 'ID',
    char: 'm',
    summary:
      'Serve this model from the Hugging Face hub, such as meta-llama/Llama-3.1-8B-Instruct.',
    env: 'AIBENCH_MODEL',
  }),
  revision: Flags.string({
    ...model,
    helpValue: 'SHA',
    summary: 'Pin the commit of the model.',
    env: 'AIBENCH_REVISION',
  }),
  'model-dir': Flags.string({
    ...model,
    summary:
      'Serve the model in this folder (config.json, tokenizer, weights), instead of --model.',
    env: 'AIBENCH_MODEL_DIR',
  }),
  'served-name': Flags.string({
    ...model,
    summary: 'Call the model this in the API. Default: its own name.',
    env: 'AIBENCH_SERVED_NAME',
  }),
  dtype: Flags.string({
    ...model,
    summary: 'Load the weights as bfloat16, float16, … Default: the model’s own.',
    env: 'AIBENCH_DTYPE',
  }),
  'max-model-len': Flags.integer({
    ...model,
    helpValue: 'N',
    min: 1,
    summary: 'Limit prompt and answer together to N tokens. Default: what the model supports.',
    env: 'AIBENCH_MAX_MODEL_LEN',
  }),
  image: Flags.string({
    ...server,
    helpValue: 'FILE',
    summary: 'Run vLLM from this Apptainer image.',
    env: 'AIBENCH_IMAGE',
  }),
  venv: Flags.string({
    ...server,
    helpValue: 'DIR',
    summary: 'Run vLLM from this Python environment, instead of --image.',
    env: 'AIBENCH_VENV',
  }),
  'vllm-arg': Flags.string({
    ...server,
    helpValue: 'WORD',
    multiple: true,
    multipleNonGreedy: true,
    summary: 'Pass another word to vllm serve unchanged. Repeatable.',
    env: 'AIBENCH_VLLM_ARG',
  }),
  'hf-token-file': Flags.string({
    ...server,
    summary: 'Read a Hugging Face token for gated models from this file (mode 0600).',
    env: 'AIBENCH_HF_TOKEN_FILE',
  }),
  expose: Flags.boolean({
    ...server,
    summary: 'Let other machines connect, through a gate that asks for a token.',
    env: 'AIBENCH_EXPOSE',
  }),
  'tensor-parallel': Flags.integer({
    ...parallel,
    helpValue: 'N',
    min: 1,
    summary: 'Split each layer over N GPUs. Default: the GPUs of a node.',
    env: 'AIBENCH_TENSOR_PARALLEL',
  }),
  'pipeline-parallel': Flags.integer({
    ...parallel,
    helpValue: 'N',
    min: 1,
    summary: 'Split the layers into N pipeline stages. Default: the number of nodes.',
    env: 'AIBENCH_PIPELINE_PARALLEL',
  }),
  'gpus-per-node': Flags.string({
    ...parallel,
    helpValue: '[TYPE:]N',
    char: 'g',
    summary: 'Request N GPUs on each node, of any type or of TYPE.',
    env: 'AIBENCH_GPUS_PER_NODE',
  }),
  gres: Flags.string({
    ...parallel,
    helpValue: 'gpu:[TYPE:]N',
    summary: 'Request GPUs by --gres, for sites that need it.',
    env: 'AIBENCH_GRES',
  }),
  distributed: Flags.string({
    ...parallel,
    options: ['auto', 'ray', 'native'],
    default: 'auto',
    summary: 'Connect several nodes by vLLM’s own method where it has one (auto), or by Ray.',
    env: 'AIBENCH_DISTRIBUTED',
  }),
  ...simulatorFlags,
}

/** The service's options. @throws UsageError when it is not clear which model is meant */
export function vllmOptionsFrom(
  flags: Interfaces.InferredFlags<typeof vllmStartFlags>,
): Record<string, unknown> {
  const simulate = simulatorFrom(flags)
  refuseUnclearModel(flags)
  return {
    model: flags.model ?? null,
    revision: flags.revision ?? null,
    modelDir: flags['model-dir'] ?? null,
    servedName: flags['served-name'] ?? null,
    dtype: flags.dtype ?? null,
    maxModelLen: flags['max-model-len'] ?? null,
    tensorParallel: flags['tensor-parallel'] ?? null,
    pipelineParallel: flags['pipeline-parallel'] ?? null,
    ...gpusFrom(flags),
    vllmArgs: flags['vllm-arg'] ?? [],
    hfTokenFile: flags['hf-token-file'] ?? null,
    image: flags.image ?? null,
    venv: flags.venv ?? null,
    distributed: flags.distributed,
    expose: flags.expose ?? false,
    simulate,
  }
}

function gpusFrom({ 'gpus-per-node': perNode, gres }: { 'gpus-per-node'?: string; gres?: string }) {
  if (perNode !== undefined && gres !== undefined)
    throw new UsageError('--gpus-per-node and --gres both ask for GPUs: give one of them')
  if (perNode !== undefined) return gpuOptionsOf(perNode, '--gpus-per-node')
  if (gres === undefined) return { gpusPerNode: null, gpuType: null, gres: null }
  const request = gpusOfGres(gres)
  if (!request)
    throw new UsageError(`--gres must name GPUs, such as gpu:4 or gpu:a100:4, not "${gres}"`, {
      typed: gres,
      hints: [`--sbatch-arg=--gres=${gres}   # other resources`],
    })
  return { gpusPerNode: request.count, gpuType: request.type, gres }
}

function refuseUnclearModel(flags: Interfaces.InferredFlags<typeof vllmStartFlags>): void {
  const dir = flags['model-dir']
  if (flags.model !== undefined && dir !== undefined)
    throw new UsageError('--model and --model-dir exclude each other: give one of them')
  if (flags.image !== undefined && flags.venv !== undefined)
    throw new UsageError('--image and --venv exclude each other: give one of them')
  if (flags.model === undefined && dir === undefined && !flags.simulate)
    throw new UsageError('Which model? Give --model, --model-dir or --simulate', {
      code: 'AIB_NO_MODEL',
      hints: [
        'aibench vllm start --model meta-llama/Llama-3.1-8B-Instruct --gpus-per-node 1',
        'aibench vllm start --model-dir DIR',
        'aibench vllm start --simulate   # built-in simulator, no GPU needed',
      ],
    })
}
