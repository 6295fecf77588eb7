import { UsageError } from '../../platform/errors.js'

/** What `--sbatch-arg` may not say, with why; the job would not be found, not be seen, or not be what was submitted. */
const REFUSED: Readonly<Record<string, string>> = {
  output: 'the log is kept in the run directory',
  error: 'the log is kept in the run directory',
  array: 'a server is one job',
  'job-name': 'the job is known by its name; --name names the instance',
  chdir: 'the job is known by its folder',
  export: 'aibench decides what the job inherits',
  wrap: 'aibench has a script of its own',
  parsable: 'aibench asks for it itself',
  hold: 'a job is submitted held and released once it is on record',
  wait: 'aibench start --wait waits until the server is ready',
  'test-only': 'it submits nothing; aibench start --dry-run shows what would be submitted',
  help: 'it submits nothing',
  usage: 'it submits nothing',
  version: 'it submits nothing',
}
/** Whole words of sbatch that begin one of the words above, or that one of them begins. */
const OTHERS = ['export-file', 'wait-all-nodes', 'comment', 'clusters', 'cluster']
const LETTERS: Readonly<Record<string, string>> = {
  ...{ o: 'output', e: 'error', a: 'array', J: 'job-name', D: 'chdir', H: 'hold' },
  ...{ M: 'clusters', W: 'wait', h: 'help', u: 'usage', V: 'version' },
}
/** Letters of sbatch that take no value, so that others may follow in the same word. */
const PLAIN_LETTERS = /[HhIkOQsuvVW]/

/**
 * What the user adds to the command line of sbatch. It stands last and would win over what we say there.
 * The comment is the user's or the site's to write: it is theirs when they do, and the job is known without it. The cluster has a flag
 * of its own; said here, it means the same.
 * @throws UsageError for an option that would lose the job
 */
export function readSbatchArgs(args: readonly string[] = []): {
  passed: string[]
  comment: string | undefined
  clusters: string | undefined
} {
  const passed: string[] = []
  let comment: string | undefined
  let clusters: string | undefined
  for (let i = 0; i < args.length; i++) {
    const name = optionOf(args[i])
    if (name === 'comment') comment = valueOf(args[i]) ?? args[++i] ?? ''
    else if (name === 'clusters' || name === 'cluster') clusters = valueOf(args[i]) ?? args[++i]
    else if (name !== undefined && Object.hasOwn(REFUSED, name)) throw refused(args[i], name)
    else passed.push(args[i])
  }
  return { passed, comment, clusters }
}

/** The long name of an option that matters here; as getopt does it, a beginning is enough. */
function optionOf(arg: string): string | undefined {
  if (arg === '--') return 'wrap'
  const long = /^--([^=]+)/.exec(arg)?.[1]
  if (long === undefined) return optionOfLetters(arg)
  const all = [...Object.keys(REFUSED), ...OTHERS]
  return all.includes(long) ? long : all.find((name) => name.startsWith(long))
}

/** `-J name`, `-Jname`, `-sH`. */
function optionOfLetters(arg: string): string | undefined {
  if (!/^-[^-]/.test(arg)) return undefined
  for (const letter of arg.slice(1)) {
    if (Object.hasOwn(LETTERS, letter)) return LETTERS[letter]
    if (!PLAIN_LETTERS.test(letter)) return undefined
  }
  return undefined
}

/** `--name=VALUE`, `-NVALUE`. */
function valueOf(arg: string): string | undefined {
  if (!arg.startsWith('--')) return arg.slice(2).replace(/^=/, '') || undefined
  const at = arg.indexOf('=')
  return at < 0 ? undefined : arg.slice(at + 1)
}

function refused(arg: string, name: string): UsageError {
  const own = name === 'wait' || name === 'test-only'
  return new UsageError(`--sbatch-arg can't pass ${arg.split('=')[0]}: ${REFUSED[name]}`, {
    code: 'AIB_SBATCH_ARG',
    hints: own
      ? []
      : ['use --sbatch-arg for options that aibench has no flag for, such as --sbatch-arg=--mem=0'],
  })
}
