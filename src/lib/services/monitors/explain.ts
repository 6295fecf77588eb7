import type { Explanation } from '../../jobs/contract.js'
import { aibench } from '../../platform/command-line.js'

interface Sign {
  pattern: RegExp
  cause: string
  hints?: readonly string[]
}

/** The lines that tell why one of the servers or their job failed; the first sign of the list that is found anywhere decides. */
const SIGNS: readonly Sign[] = [
  {
    pattern: /no space left on device|disk quota exceeded|ENOSPC/i,
    cause: 'no space left for the metrics database',
    hints: [aibench('monitors', 'start', '--tsdb-dir', 'DIR'), 'df -h'],
  },
  {
    pattern: /lock DB directory: resource temporarily unavailable/i,
    cause: 'another Prometheus is using the same database directory',
    hints: ['aibench status', aibench('monitors', 'start', '--tsdb-dir', 'ANOTHER')],
  },
  {
    pattern: /is on \w+: a crash there can destroy the data/,
    cause: 'the database directory is on a shared file system',
    hints: [aibench('monitors', 'start')],
  },
  {
    pattern: /(parsing YAML file|error loading config|couldn't load configuration)/i,
    cause: 'Prometheus rejected its configuration',
    hints: [aibench('monitors', 'logs', 'prometheus')],
  },
  {
    pattern: /unknown (long )?flag|flag provided but not defined|unexpected argument/i,
    cause: 'the program does not know an option that aibench gave it',
    hints: [aibench('monitors', 'start', '--prometheus', 'ANOTHER')],
  },
  {
    pattern: /address already in use/i,
    cause: 'its port was taken by another process',
    hints: [aibench('monitors', 'start')],
  },
  {
    pattern: /permission denied|read-only file system/i,
    cause: 'a file or directory can’t be written',
    hints: ['ls -ld the folder named in the line'],
  },
  {
    pattern: /cannot allocate memory|out of memory|oom-kill/i,
    cause: 'the node or the job ran out of memory',
    hints: [aibench('monitors', 'start', '--mem', '8G')],
  },
  {
    pattern: /FATAL: +.*(image|container|sif)/i,
    cause: 'the container image could not be started',
    hints: ['apptainer inspect FILE.sif'],
  },
  {
    pattern: /: (command )?not found|No such file or directory/i,
    cause: 'a program or file is missing on the node',
    hints: [aibench('monitors', 'start', '--help')],
  },
  { pattern: /panic: |fatal error: |segmentation fault/i, cause: 'the server crashed' },
]

export function explainMonitors(lines: readonly string[]): Explanation | undefined {
  for (const { pattern, cause, hints = [] } of SIGNS) {
    const index = lines.findIndex((line) => pattern.test(line))
    if (index >= 0) return { cause, line: lines[index], index, hints }
  }
  return undefined
}
