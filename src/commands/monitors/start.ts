import { startCommand } from '../../lib/jobs/face/instance-commands.js'
import { monitorsOptions } from '../../lib/services/monitors/options.js'
import { MONITORS } from '../../lib/services/monitors/words.js'

export default startCommand(MONITORS, {
  summary: 'Start Prometheus and the other monitors, as a Slurm job or on this machine.',
  examples: ['start --wait', 'start --with prometheus,node --scrape-interval 5s --dry-run'],
  options: monitorsOptions,
})
