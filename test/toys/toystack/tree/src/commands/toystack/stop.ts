import { stopCommand } from '../../lib/jobs/face/instance-commands.js'
import { words } from '../../lib/services/toystack/words.js'

export default stopCommand(words)
