import { startCommand } from '../../lib/jobs/face/instance-commands.js'
import { CHROMA } from '../../lib/services/chroma/words.js'
import { chromaOptions } from '../../lib/services/chroma/options.js'

export default startCommand(CHROMA, {
  examples: ['start --wait', 'start --profile tuned --partition cpu --time 2h --dry-run'],
  options: chromaOptions,
})
