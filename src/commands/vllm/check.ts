import { VLLM, checkCommand } from '../../lib/jobs/face/instance-commands.js'

export default checkCommand(VLLM)
