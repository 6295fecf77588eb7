import { VLLM, stopCommand } from '../../lib/cli/instance-commands.js'

export default stopCommand(VLLM)
