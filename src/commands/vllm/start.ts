import { startCommand } from '../../lib/jobs/face/instance-commands.js'
import { VLLM } from '../../lib/services/vllm/words.js'
import { vllmOptionsFrom, vllmStartOptions } from '../../lib/services/vllm/start-flags.js'

export default startCommand(VLLM, {
  examples: [
    'start --model meta-llama/Llama-3.1-8B-Instruct --gpus-per-node 4 --wait',
    'start --model-dir /models/llama-70b --nodes 2 --gpus-per-node 4 --dry-run',
    'start --simulate --ttft 50ms --itl 20ms --fault http_429:0.1 --wait',
  ],
  options: vllmStartOptions,
  optionsFrom: vllmOptionsFrom,
})
