/** What each exit code means: for `aibench help exit-codes`, and the foot of every command's help. */
export const EXIT_CODES: readonly (readonly [code: number, name: string, meaning: string])[] = [
  [0, 'done', 'also: stopping what had ended already'],
  [1, 'bug', 'our mistake; the log file that is named tells more'],
  [2, 'usage', 'flags, arguments or an input file are wrong'],
  [
    3,
    'environment',
    'this machine or site lacks or refuses something: a program, a partition, space',
  ],
  [4, 'not found', 'no instance, run or key of that name'],
  [5, 'scheduler', 'Slurm refused or could not be asked'],
  [6, 'job failed', 'the job ended when it should have lived, or too many requests failed'],
  [7, 'unreachable', 'the service does not answer'],
  [8, 'pending', 'not there yet when the deadline came; ask again later'],
  [9, 'state file', 'locked, of a newer aibench, or not to be read'],
  [10, 'instrument', 'measured, but the client was the limit: not the server’s figures'],
  [99, 'threshold', 'measured well, and a threshold (--slo) was missed'],
  [127, 'unknown command', ''],
  [130, 'interrupted', 'Ctrl-C; 143 when told to end by TERM'],
]
