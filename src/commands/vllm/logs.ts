import { VLLM, logsCommand } from '../../lib/jobs/face/instance-commands.js'

export default logsCommand(VLLM)
