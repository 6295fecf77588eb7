import { checkCommand } from '../../lib/jobs/face/instance-commands.js'
import { CHROMA } from '../../lib/services/chroma/words.js'

export default checkCommand(CHROMA)
