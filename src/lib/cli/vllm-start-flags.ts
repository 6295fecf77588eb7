import * as Flags from '@oclif/core/flags'
import type * as Interfaces from '@oclif/core/interfaces'
import { UsageError } from '../platform/errors.js'
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
    summary: 'Model of the hub, such as meta-llama/Llama-3.1-8B-Instruct.',
    env: 'AIBENCH_MODEL',
  }),
  revision: Flags.string({
    ...model,
    helpValue: 'SHA',
    summary: 'Commit of the model, so that it stays the same one.',
    env: 'AIBENCH_REVISION',
  }),
  'model-dir': Flags.string({
    ...model,
    summary: 'Folder with config.json, tokenizer and weights, in place of --model.',
    env: 'AIBENCH_MODEL_DIR',
  }),
  'served-name': Flags.string({
    ...model,
    summary: 'What clients call it; by default its own name.',
    env: 'AIBENCH_SERVED_NAME',
  }),
  dtype: Flags.string({
    ...model,
    summary: 'Type of the weights: bfloat16, float16, …; by default the model’s.',
    env: 'AIBENCH_DTYPE',
  }),
  'max-model-len': Flags.integer({
    ...model,
    helpValue: 'N',
    min: 1,
    summary: 'Tokens of prompt and answer together; by default what the model can.',
    env: 'AIBENCH_MAX_MODEL_LEN',
  }),
  image: Flags.string({
    ...server,
    helpValue: 'FILE',
    summary: 'Apptainer image with vLLM.',
    env: 'AIBENCH_IMAGE',
  }),
  venv: Flags.string({
    ...server,
    helpValue: 'DIR',
    summary: 'Python environment with vLLM, in place of --image.',
    env: 'AIBENCH_VENV',
  }),
  'vllm-arg': Flags.string({
    ...server,
    helpValue: 'WORD',
    multiple: true,
    multipleNonGreedy: true,
    summary: 'A further word for vllm serve, as it is; repeatable.',
    env: 'AIBENCH_VLLM_ARG',
  }),
  'hf-token-file': Flags.string({
    ...server,
    summary: 'File with a Hugging Face token, readable by you alone, for gated models.',
    env: 'AIBENCH_HF_TOKEN_FILE',
  }),
  expose: Flags.boolean({
    ...server,
    summary: 'Let other machines in, through a gate that asks for a token.',
    env: 'AIBENCH_EXPOSE',
  }),
  'tensor-parallel': Flags.integer({
    ...parallel,
    helpValue: 'N',
    min: 1,
    summary: 'GPUs that share each layer. By default those of a node.',
    env: 'AIBENCH_TENSOR_PARALLEL',
  }),
  'pipeline-parallel': Flags.integer({
    ...parallel,
    helpValue: 'N',
    min: 1,
    summary: 'Groups of GPUs that share the row of layers. By default the nodes.',
    env: 'AIBENCH_PIPELINE_PARALLEL',
  }),
  'gpus-per-node': Flags.integer({
    ...parallel,
    helpValue: 'N',
    char: 'g',
    min: 0,
    summary: 'GPUs to ask for on each node.',
    env: 'AIBENCH_GPUS_PER_NODE',
  }),
  distributed: Flags.string({
    ...parallel,
    options: ['auto', 'ray', 'native'],
    default: 'auto',
    summary: 'How nodes find each other: vLLM’s own way where it has one (auto), or Ray.',
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
    gpusPerNode: flags['gpus-per-node'] ?? null,
    vllmArgs: flags['vllm-arg'] ?? [],
    hfTokenFile: flags['hf-token-file'] ?? null,
    image: flags.image ?? null,
    venv: flags.venv ?? null,
    distributed: flags.distributed,
    expose: flags.expose ?? false,
    simulate,
  }
}

function refuseUnclearModel(flags: Interfaces.InferredFlags<typeof vllmStartFlags>): void {
  const dir = flags['model-dir']
  if (flags.model !== undefined && dir !== undefined)
    throw new UsageError('--model and --model-dir both name a model: give one of them')
  if (flags.image !== undefined && flags.venv !== undefined)
    throw new UsageError('--image and --venv both name a vLLM: give one of them')
  if (flags.model === undefined && dir === undefined && !flags.simulate)
    throw new UsageError('Which model? Give --model, --model-dir or --simulate', {
      code: 'AIB_NO_MODEL',
      hints: [
        'aibench vllm start --model meta-llama/Llama-3.1-8B-Instruct --gpus-per-node 1',
        'aibench vllm start --model-dir DIR',
        'aibench vllm start --simulate   (made-up answers, for trying things out)',
      ],
    })
}
