import { startCommand } from '../../lib/jobs/face/instance-commands.js'
import { toyOptions } from '../../lib/services/toybatch/options.js'
import { words } from '../../lib/services/toybatch/words.js'

export default startCommand(words, { examples: ['start --parts 3 --wait'], options: toyOptions })
