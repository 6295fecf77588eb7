import { saveCommand } from '../../lib/jobs/face/instance-commands.js'
import { words } from '../../lib/services/toy/words.js'

export default saveCommand(words)
