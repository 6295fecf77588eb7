import { VLLM, saveCommand } from '../../lib/cli/instance-commands.js'

export default saveCommand(VLLM)
