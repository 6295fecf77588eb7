import { runResult } from '../../lib/app/run-result.js'
import { startCommand } from '../../lib/jobs/face/instance-commands.js'
import { askForRun } from '../../lib/services/lustre/face/ask.js'
import { io500RunOptions } from '../../lib/services/lustre/options.js'
import { LUSTRE } from '../../lib/services/lustre/words.js'

export default startCommand(LUSTRE, {
  summary:
    'Run IO500, as aibench lustre io500 does; on a terminal, asks for the ini file and the processes if they are not given.',
  usualName: 'io500',
  examples: ['bench', 'bench --preset full --procs 16 --wait'],
  options: io500RunOptions,
  resultOf: runResult,
  askFor: askForRun,
  optionsFrom: (given) => ({ ...given, task: 'io500' }),
})
