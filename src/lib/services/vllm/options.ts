import * as v from 'valibot'
import { alike, fieldsWithDefaults } from '../../options/set.js'
import { choice, integer, path, text, texts, toggle } from '../../options/types.js'

/** What a vLLM server can be told, besides where it runs, its GPUs (`gpus.ts`) and what it is like when it is simulated. */
export const vllmOptions = {
  ...alike(
    { group: 'MODEL' },
    {
      /** Hub id or directory; null with `modelDir` or `simulate`. */
      model: text({
        helpValue: 'ID',
        char: 'm',
        summary:
          'Serve this model from the Hugging Face hub, such as meta-llama/Llama-3.1-8B-Instruct.',
      }),
      /** Commit, branch or tag of the hub's repository. */
      revision: text({ helpValue: 'SHA', summary: 'Pin the commit of the model.' }),
      /** Directory with config.json, tokenizer and weights. */
      modelDir: path({
        summary:
          'Serve the model in this folder (config.json, tokenizer, weights), instead of --model.',
      }),
      servedName: text({ summary: 'Call the model this in the API. Default: its own name.' }),
      dtype: text({
        summary: 'Load the weights as bfloat16, float16, … Default: the model’s own.',
        setting: 'vllm.dtype',
      }),
      maxModelLen: integer({
        helpValue: 'N',
        min: 1,
        summary: 'Limit prompt and answer together to N tokens. Default: what the model supports.',
        setting: 'vllm.max_model_len',
      }),
    },
  ),
  ...alike(
    { group: 'SERVER' },
    {
      image: path({
        helpValue: 'FILE',
        summary: 'Run vLLM from this Apptainer image.',
        setting: 'vllm.image',
        isSettledLater: true,
      }),
      venv: path({
        helpValue: 'DIR',
        summary: 'Run vLLM from this Python environment, instead of --image.',
        setting: 'vllm.venv',
        isSettledLater: true,
      }),
      vllmArgs: texts({
        flag: 'vllm-arg',
        helpValue: 'WORD',
        summary: 'Pass another word to vllm serve unchanged. Repeatable.',
        env: 'AIBENCH_VLLM_ARG',
      }),
      hfTokenFile: path({
        summary: 'Read a Hugging Face token for gated models from this file (mode 0600).',
        setting: 'vllm.hf_token_file',
      }),
      /** Puts the token gate on the node's address. */
      expose: toggle({
        summary: 'Let other machines connect, through a gate that asks for a token.',
      }),
      /** Each costs the server something: not for what is measured. */
      traces: toggle({
        summary: 'Send a span for every request to the Collector of monitors that run. Costs time.',
      }),
    },
  ),
  ...alike(
    { group: 'PARALLEL' },
    {
      /** Null is the GPUs of a node. */
      tensorParallel: integer({
        helpValue: 'N',
        min: 1,
        summary: 'Split each layer over N GPUs. Default: the GPUs of a node.',
      }),
      /** Null is the number of nodes. */
      pipelineParallel: integer({
        helpValue: 'N',
        min: 1,
        summary: 'Split the layers into N pipeline stages. Default: the number of nodes.',
      }),
      distributed: choice(['auto', 'ray', 'native'], {
        summary: 'Connect several nodes by vLLM’s own method where it has one (auto), or by Ray.',
        default: 'auto',
        setting: 'vllm.distributed',
      }),
    },
  ),
}

export const vllmSettings = alike(
  { flag: null },
  {
    command: text({ summary: 'The vllm program to run.', setting: 'vllm.command' }),
    cache: path({
      summary: 'Folder for what vLLM compiles, or off; by default with our own caches.',
      setting: 'vllm.cache',
    }),
  },
)

export const chatOptions = {
  name: text({
    summary: 'Ask this instance. Optional while only one is running.',
    env: null,
    completes: 'instance',
  }),
  system: text({ helpValue: 'TEXT', summary: 'Set the system prompt.', env: null }),
  maxTokens: integer({
    helpValue: 'N',
    min: 1,
    summary: 'End the answer after N tokens.',
    default: 256,
  }),
}

export const VllmOptionsSchema = v.object({
  ...fieldsWithDefaults(vllmOptions),
  /** Null and 0 ask for none. */
  gpusPerNode: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))), null),
  /** The site's word for their type: `a100`. */
  gpuType: v.optional(v.nullable(v.string()), null),
  /** As the user spelled it for --gres: `gpu:a100:2`. */
  gres: v.optional(v.nullable(v.string()), null),
  /** Options of our simulator, which then runs in vLLM's place; its own schema is the simulator's. */
  simulate: v.optional(v.nullable(v.record(v.string(), v.unknown())), null),
})
export type VllmOptions = v.InferOutput<typeof VllmOptionsSchema>
