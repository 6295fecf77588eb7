import { saveCommand } from '../../lib/jobs/face/instance-commands.js'
import { VLLM } from '../../lib/services/vllm/words.js'

export default saveCommand(VLLM)
