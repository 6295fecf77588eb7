import { aibench, withRemark } from '../../platform/command-line.js'
import type { Serving } from '../../jobs/contract.js'
import { API_TOKEN } from '../../jobs/token-files.js'
import type { ClientCall } from './client-call.js'
import { engineFacts } from './engine-facts.js'
import { explainVllm } from './explain.js'
import { withGpus } from './gpus.js'
import { vllmSettings, VllmOptionsSchema, type VllmOptions } from './options.js'
import { prepareVllm } from './prepare.js'
import { probeVllm } from './probe.js'
import { servedNameOf } from './served-name.js'
import { vllmStages } from './stages.js'
import { startFlagsOf, vllmStartOptions } from './start-flags.js'
import { VLLM } from './words.js'

/** A vLLM inference server on one node or many, or our simulator of one; it listens on the loopback of the first node. */
export const vllm: Serving<VllmOptions> = {
  shape: 'serving',
  ...VLLM,
  script: 'vllm.sh',
  options: vllmStartOptions,
  settings: vllmSettings,
  kept: VllmOptionsSchema,
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
  reserved: /^(VLLM_(API_KEY|PORT)|RAY_(ADDRESS|AUTH_\w+))$/,
  prepare: prepareVllm,
  explain: explainVllm,
  members: () => [
    {
      name: 'vllm',
      title: 'vLLM',
      critical: true,
      probe: probeVllm,
      secret: { kind: 'bearer', file: API_TOKEN },
      callPath: '/v1/models',
      metrics: { path: '/metrics' },
      stages: vllmStages,
      engine: engineFacts,
    },
  ],
  answer: async (question, asker) =>
    (await import('./answer.js')).answer(question as ClientCall, asker),
  whenReady: ['bench'],
  isSimulated: ({ simulate }) => simulate !== null,
  bench: {
    kind: 'inference',
    protocol: 'openai',
    tokenFlag: '--api-key-file',
    callPath: '/v1/models',
    hello: ['/version', '/v1/models'],
    subject: servedNameOf,
  },
}
