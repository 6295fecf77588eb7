import type { Topic } from '../../../cli/topic.js'

/** What the catalog takes. */
export { vllm as service } from '../service.js'

export const topic: Topic = {
  summary: 'Run and benchmark a vLLM inference server, on one node or many.',
  firstSteps: [['aibench vllm start --simulate --wait', 'aibench vllm bench -n 100']],
  variables: [['AIBENCH_VLLM_COMMAND', 'the vllm program to run']],
}
