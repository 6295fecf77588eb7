import { VLLM, stopCommand } from '../../lib/jobs/face/instance-commands.js'

export default stopCommand(VLLM)
