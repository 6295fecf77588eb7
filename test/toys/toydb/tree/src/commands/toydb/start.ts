import { startCommand } from '../../lib/jobs/face/instance-commands.js'
import { words } from '../../lib/services/toydb/words.js'

export default startCommand(words, { examples: ['start --wait'], options: {} })
