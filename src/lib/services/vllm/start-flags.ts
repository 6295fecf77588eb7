import type { Distribution, SimulatorInput } from '../../simulator/options.js'
import type { VllmOptions } from './options.js'

/** The flags that give these options again: for hints that can be pasted. */
export function startFlagsOf(options: VllmOptions): string[] {
  const option = (name: string, value: string | number | null) =>
    value === null ? [] : [`--${name}`, String(value)]
  return [
    ...(options.simulate ? simulatorFlagsOf(options.simulate as SimulatorInput) : []),
    ...option('model', options.model),
    ...option('revision', options.revision),
    ...option('model-dir', options.modelDir),
    ...option('served-name', options.servedName),
    ...option('dtype', options.dtype),
    ...option('max-model-len', options.maxModelLen),
    ...option('image', options.image),
    ...option('venv', options.venv),
    ...(options.gres ? option('gres', options.gres) : option('gpus-per-node', gpusText(options))),
    ...option('tensor-parallel', options.tensorParallel),
    ...option('pipeline-parallel', options.pipelineParallel),
    ...(options.distributed === 'auto' ? [] : ['--distributed', options.distributed]),
    ...option('hf-token-file', options.hfTokenFile),
    ...options.vllmArgs.map((word) => `--vllm-arg=${word}`),
    ...(options.expose ? ['--expose'] : []),
  ]
}

function simulatorFlagsOf({
  ttftMs,
  itlMs,
  slots,
  tokensPerEvent,
  faults,
}: SimulatorInput): string[] {
  return [
    '--simulate',
    ...(ttftMs ? ['--ttft', distributionText(ttftMs)] : []),
    ...(itlMs ? ['--itl', distributionText(itlMs)] : []),
    ...(slots ? ['--slots', String(slots)] : []),
    ...(tokensPerEvent ? ['--tokens-per-event', String(tokensPerEvent)] : []),
    ...(faults ?? []).flatMap(({ kind, share }) => (share ? ['--fault', `${kind}:${share}`] : [])),
  ]
}

function distributionText({ kind, meanMs, sd }: Distribution): string {
  const mean = `${kind === 'constant' ? '' : `${kind}:`}${meanMs}ms`
  return sd === undefined ? mean : `${mean}:${sd}ms`
}

/** `4`, `a100:4`. */
function gpusText({ gpusPerNode, gpuType }: VllmOptions): string | number | null {
  return gpusPerNode && gpuType ? `${gpuType}:${gpusPerNode}` : gpusPerNode
}
