import { runResult } from '../../lib/app/run-result.js'
import { startCommand } from '../../lib/jobs/face/instance-commands.js'
import { toolRunOptions } from '../../lib/services/lustre/options.js'
import { LUSTRE } from '../../lib/services/lustre/words.js'

export default startCommand(LUSTRE, {
  summary: 'Run mdtest alone, with its own arguments after --, and keep the results.',
  usualName: 'mdtest',
  examples: [
    'mdtest --dir DIR --wait -- -n 10000 -F',
    'mdtest --nodes 4 --tasks-per-node 16 -- -n 50000 -F -u -N 1',
  ],
  passesTo: 'mdtest',
  options: toolRunOptions,
  resultOf: runResult,
  optionsFrom: (given) => ({ ...given, task: 'mdtest' }),
})
