/** What each exit code means: for `aibench help exit-codes`, and the foot of every command's help. */
export const EXIT_CODES: readonly (readonly [code: number, name: string, meaning: string])[] = [
  [0, 'done', 'also: stopping what had already stopped'],
  [1, 'internal error', 'a bug in aibench; the log file named there tells more'],
  [2, 'usage', 'a flag, an argument or an input file is wrong'],
  [
    3,
    'environment',
    'this machine or site lacks or refuses something: a program, a partition, space',
  ],
  [4, 'not found', 'no instance, run or setting of that name'],
  [5, 'scheduler', 'Slurm refused, or could not be asked'],
  [6, 'job failed', 'the job ended while it was needed, or too many requests failed'],
  [7, 'unreachable', 'the service does not answer'],
  [8, 'pending', 'not ready yet when the deadline came; ask again later'],
  [9, 'state file', 'locked, unreadable, or written by a newer aibench'],
  [10, 'client limit', 'measured, but the client was the limit or sent late'],
  [99, 'threshold missed', 'measured well, and a threshold (--slo) was missed'],
  [127, 'unknown command', ''],
  [130, 'interrupted', 'by Ctrl-C; 143 by TERM'],
]

const OFFLINE = [0, 1, 2]
const RECORDS = [...OFFLINE, 3, 9]
/** Whoever looks at an instance asks the scheduler about it, and may be interrupted. */
const INSTANCES = [...RECORDS, 4, 5, 130]
const SERVER = [...INSTANCES, 6, 7, 8]

const OF_COMMANDS: Readonly<Record<string, readonly number[]>> = {
  completion: OFFLINE,
  config: [...OFFLINE, 3, 4],
  state: RECORDS,
  'runs list': RECORDS,
  runs: [...RECORDS, 4],
  status: [...RECORDS, 5, 130],
  install: [...OFFLINE, 3, 130],
  ini: [...OFFLINE, 3],
  start: SERVER.filter((code) => code !== 4),
  logs: INSTANCES,
  save: INSTANCES,
  stop: [...INSTANCES, 8],
  explain: [...RECORDS, 4, 6, 8],
  bench: [...SERVER, 10, 99],
}

/** The codes that a command can give, in order; `id` as it is typed, `state repair`. */
export function exitCodesOf(id: string): number[] {
  const [topic, verb = ''] = id.split(' ')
  const codes = OF_COMMANDS[id] ?? OF_COMMANDS[verb] ?? OF_COMMANDS[topic] ?? SERVER
  return [...codes].sort((a, b) => a - b)
}
