import * as v from 'valibot'

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
