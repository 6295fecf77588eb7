import { VLLM, checkCommand } from '../../lib/cli/instance-commands.js'

export default checkCommand(VLLM)
