import { runResult } from '../../lib/app/run-result.js'
import { startCommand } from '../../lib/jobs/face/instance-commands.js'
import { io500RunOptions } from '../../lib/services/lustre/options.js'
import { LUSTRE } from '../../lib/services/lustre/words.js'

export default startCommand(LUSTRE, {
  summary:
    'Run IO500 on the file system of a directory, as a job of its own or on nodes that are held.',
  usualName: 'io500',
  examples: [
    'io500 --dir DIR --preset debug --wait',
    'io500 --nodes 10 --tasks-per-node 16 --preset submission --layout suggested',
    'io500 --repeats 3 --procs 64 --nodes 4 --dry-run',
  ],
  options: io500RunOptions,
  resultOf: runResult,
  optionsFrom: (given) => ({ ...given, task: 'io500' }),
})
