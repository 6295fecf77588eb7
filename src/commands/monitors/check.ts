import { checkCommand } from '../../lib/jobs/face/instance-commands.js'
import { MONITORS } from '../../lib/services/monitors/words.js'

export default checkCommand(MONITORS)
