import { VLLM, logsCommand } from '../../lib/cli/instance-commands.js'

export default logsCommand(VLLM)
