import { flagsFor, partOf, type GivenOf } from '../../options/set.js'
import { UsageError } from '../../platform/errors.js'
import { gpuOptions } from './gpus.js'
import { vllmOptions, type VllmOptions } from './options.js'
import { simulateOption, simulatorOptions } from './simulator-options.js'

const { distributed, ...others } = vllmOptions

/** All flags of `vllm start` that are its own. */
export const vllmStartOptions = {
  ...others,
  ...gpuOptions,
  distributed,
  ...simulateOption,
  ...simulatorOptions,
}

/** The service's options from what was given. @throws UsageError when it is not clear which model, program or GPUs are meant */
export function vllmOptionsFrom(given: GivenOf<typeof vllmStartOptions>): Record<string, unknown> {
  const { gpus, gres, simulate } = given
  refuseUnclear(given)
  return {
    ...partOf(vllmOptions, given),
    ...(gpus ?? gres),
    simulate: simulate ? partOf(simulatorOptions, given) : null,
  }
}

/** The flags that give these options again: for hints that can be pasted. */
export function startFlagsOf(options: VllmOptions): string[] {
  const { simulate, gpusPerNode, gpuType, gres } = options
  const gpus =
    gpusPerNode === null ? {} : { [gres ? 'gres' : 'gpus']: { gpusPerNode, gpuType, gres } }
  return [
    ...(simulate ? ['--simulate', ...flagsFor(simulatorOptions, simulate)] : []),
    ...flagsFor(vllmOptions, options),
    ...flagsFor(gpuOptions, gpus),
  ]
}

function refuseUnclear(given: GivenOf<typeof vllmStartOptions>): void {
  const { model, modelDir, image, venv, gpus, gres, simulate } = given
  if (model !== undefined && modelDir !== undefined)
    throw new UsageError('--model and --model-dir exclude each other: give one of them')
  if (image !== undefined && venv !== undefined)
    throw new UsageError('--image and --venv exclude each other: give one of them')
  if (gpus !== undefined && gres !== undefined)
    throw new UsageError('--gpus-per-node and --gres both ask for GPUs: give one of them')
  if (model === undefined && modelDir === undefined && !simulate)
    throw new UsageError('Which model? Give --model, --model-dir or --simulate', {
      code: 'AIB_NO_MODEL',
      hints: [
        'aibench vllm start --model meta-llama/Llama-3.1-8B-Instruct --gpus-per-node 1',
        'aibench vllm start --model-dir DIR',
        'aibench vllm start --simulate   # built-in simulator, no GPU needed',
      ],
    })
}
