import { VLLM, saveCommand } from '../../lib/jobs/face/instance-commands.js'

export default saveCommand(VLLM)
