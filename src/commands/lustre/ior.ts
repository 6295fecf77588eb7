import { runResult } from '../../lib/app/run-result.js'
import { startCommand } from '../../lib/jobs/face/instance-commands.js'
import { toolRunOptions } from '../../lib/services/lustre/options.js'
import { LUSTRE } from '../../lib/services/lustre/words.js'

export default startCommand(LUSTRE, {
  summary: 'Run IOR alone, with its own arguments after --, and keep the results.',
  usualName: 'ior',
  examples: [
    'ior --dir DIR --wait -- -t 1m -b 4g -w -r',
    'ior --nodes 4 --tasks-per-node 16 -- -a POSIX -t 2m -b 16g -F -C -e -w -r',
  ],
  passesTo: 'IOR',
  options: toolRunOptions,
  resultOf: runResult,
  optionsFrom: (given) => ({ ...given, task: 'ior' }),
})
