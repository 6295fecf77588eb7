import { startCommand } from '../../lib/jobs/face/instance-commands.js'
import { holdOptions } from '../../lib/services/lustre/options.js'
import { LUSTRE } from '../../lib/services/lustre/words.js'

export default startCommand(LUSTRE, {
  summary:
    'Hold nodes for runs of IO500, IOR and mdtest, and probe the file system on each of them.',
  examples: ['start --nodes 10 --tasks-per-node 16 --wait', 'start --dry-run'],
  canBeGuest: false,
  options: holdOptions,
  optionsFrom: (given) => ({ ...given, task: 'hold' }),
})
