import * as v from 'valibot'
import { aibench, withRemark } from '../../platform/command-line.js'
import type { Service } from '../../jobs/contract.js'
import { API_TOKEN } from '../../jobs/token-files.js'
import { engineFacts } from './engine-facts.js'
import { explainVllm } from './explain.js'
import { withGpus } from './gpus.js'
import { prepareVllm } from './prepare.js'
import { probeInstance } from './probe.js'
import { vllmStages } from './stages.js'
import { startFlagsOf } from './start-flags.js'

const count = v.pipe(v.number(), v.integer(), v.minValue(1))

export const VllmOptionsSchema = v.object({
  /** Hub id or directory; null with `modelDir` or `simulate`. */
  model: v.nullable(v.string()),
  /** Commit, branch or tag of the hub's repository. */
  revision: v.nullable(v.string()),
  /** Directory with config.json, tokenizer and weights. */
  modelDir: v.nullable(v.string()),
  /** What clients call it; null is the model's own name. */
  servedName: v.nullable(v.string()),
  dtype: v.nullable(v.string()),
  maxModelLen: v.nullable(count),
  /** Null is the GPUs of a node. */
  tensorParallel: v.nullable(count),
  /** Null is the number of nodes. */
  pipelineParallel: v.nullable(count),
  /** Null and 0 ask for none. */
  gpusPerNode: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))),
  /** The site's word for their type: `a100`. */
  gpuType: v.optional(v.nullable(v.string()), null),
  /** As the user spelled it for --gres: `gpu:a100:2`. */
  gres: v.optional(v.nullable(v.string()), null),
  /** Further words for `vllm serve`, as they are. */
  vllmArgs: v.array(v.string()),
  /** Holds the Hugging Face token, 0600. */
  hfTokenFile: v.nullable(v.string()),
  /** Apptainer image with vLLM. */
  image: v.nullable(v.string()),
  /** Python environment with vLLM: `DIR/bin/vllm`. */
  venv: v.nullable(v.string()),
  /** How several nodes find each other; `auto` is vLLM's own way where its version has it. */
  distributed: v.picklist(['auto', 'ray', 'native']),
  /** Puts the token gate on the node's address. */
  expose: v.boolean(),
  /** Options of our simulator, which then runs in vLLM's place; its own schema is the simulator's. */
  simulate: v.nullable(v.record(v.string(), v.unknown())),
})
export type VllmOptions = v.InferOutput<typeof VllmOptionsSchema>

/** A vLLM inference server on one node or many, or our simulator of one; it listens on the loopback of the first node. */
export const vllm: Service<VllmOptions> = {
  kind: 'vllm',
  title: 'vLLM',
  script: 'vllm.sh',
  options: VllmOptionsSchema,
  startFlags: startFlagsOf,
  firstStart: [
    withRemark(
      aibench('vllm', 'start', '--simulate', '--wait'),
      'built-in simulator, no GPU needed',
    ),
    withRemark(aibench('vllm', 'start', '--help'), 'which model, and where it runs'),
  ],
  complete: withGpus,
  resources: ({ gpusPerNode, gpuType, gres }) => ({
    nodes: 1,
    ...(gpusPerNode ? { gpusPerNode } : {}),
    ...(gpuType ? { gpuType } : {}),
    ...(gres ? { gres } : {}),
  }),
  prepare: prepareVllm,
  probe: probeInstance,
  explain: explainVllm,
  stages: vllmStages,
  engine: engineFacts,
  tokenName: API_TOKEN,
  callPath: '/v1/models',
  isSimulated: ({ simulate }) => simulate !== null,
}
