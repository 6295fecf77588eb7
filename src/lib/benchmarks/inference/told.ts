import type { InferencePlan } from '../../instrument/inference/plan.js'
import type { Told } from '../told-figures.js'

/** Names of the GenAI conventions of OpenTelemetry where they have one. */
export function toldOf({ endpoint }: InferencePlan, service: string): Told {
  return {
    counters: {
      inputTokens: { name: 'aibench.client.input_tokens', unit: '{token}' },
      outputTokens: { name: 'aibench.client.output_tokens', unit: '{token}' },
    },
    times: {
      duration: 'gen_ai.client.operation.duration',
      ttft: 'gen_ai.client.operation.time_to_first_chunk',
      chunkGap: 'gen_ai.client.operation.time_per_output_chunk',
      tpot: 'aibench.client.tpot',
    },
    labels: {
      'gen_ai.operation.name': endpoint === 'chat' ? 'chat' : 'text_completion',
      'gen_ai.provider.name': service,
    },
    phases: { 'warm-up': 'warm-up', requests: 'measure', baseline: 'measure' },
  }
}
