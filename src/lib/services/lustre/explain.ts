import type { Explanation } from '../../jobs/contract.js'

interface Sign {
  pattern: RegExp
  cause: string
  hints?: readonly string[]
}

/** What the job says itself, as the last word of its driver: the sentence behind the cross is the cause. */
const OWN = /aibench: ✗ (.+)$/

/** The lines of io500, IOR, MPI and Slurm that tell why a run failed; the first sign of the list that is found anywhere decides. */
const SIGNS: readonly Sign[] = [
  {
    pattern: /No space left on device|ENOSPC/i,
    cause: 'no space was left on the file system',
    hints: ['--dir ANOTHER', 'lfs df -h'],
  },
  {
    pattern: /Disk quota exceeded|EDQUOT/i,
    cause: 'your quota is used up',
    hints: ['lfs quota -h -u $USER DIR', '--dir ANOTHER'],
  },
  {
    pattern: /Read-only file system/i,
    cause: 'the file system is read-only on the nodes',
    hints: ['--dir ANOTHER'],
  },
  {
    pattern: /attempt to run as root|mpi(run|exec) as root/i,
    cause: 'Open MPI starts nothing for root',
    hints: [
      'run aibench as an ordinary user',
      '--env OMPI_ALLOW_RUN_AS_ROOT=1 --env OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1',
    ],
  },
  {
    pattern: /not enough slots available/i,
    cause: 'the allocation has fewer slots than there are processes',
    hints: ['--tasks-per-node N'],
  },
  {
    pattern: /blocksize must be a multiple of transfersize|block ?size.*multiple.*transfer/i,
    cause: 'blockSize is no multiple of transferSize',
    hints: ['aibench lustre ini check FILE'],
  },
  {
    pattern: /Backend doesn't support MDTest|unrecognized (I\/O )?API|Unknown (API|backend)/i,
    cause: 'the program was not built with the API that the ini asks for',
    hints: ['aibench lustre ini check FILE'],
  },
  {
    pattern: /Invalid argument.*(O_DIRECT|47008)|O_DIRECT.*Invalid argument/i,
    cause: 'O_DIRECT does not go with the transfers of ior-hard: set it in [ior-easy] alone',
    hints: ['aibench lustre ini check FILE'],
  },
  {
    pattern: /FATAL \(src\/[^)]*\) *(Cannot open config|.*[Ss]ection|.*option)/,
    cause: 'io500 does not take the ini file',
    hints: ['aibench lustre ini check FILE'],
  },
  {
    pattern: /error while loading shared libraries/i,
    cause: 'a library of the program is missing on the nodes',
    hints: ['--module M   # the MPI that io500 was built with'],
  },
  {
    pattern: /oom-kill|Out Of Memory|Cannot allocate memory/i,
    cause: 'a node ran out of memory',
    hints: ['--mem 0', '--tasks-per-node N'],
  },
  {
    pattern: /NODE FAILURE|node failure|lost connection to.*orted|ORTE has lost communication/i,
    cause: 'a node of the run was lost',
  },
  {
    pattern: /Transport endpoint is not connected|Stale file handle|Input\/output error/i,
    cause: 'the file system went away under the run',
    hints: ['lfs check all', 'lfs df -h'],
  },
  {
    pattern: /Segmentation fault|signal 11|exit(ed)? (on signal|code) (11|139)/i,
    cause: 'the program crashed, as it does for an API that it was not built with',
    hints: ['aibench lustre ini check FILE'],
  },
  {
    pattern: /Permission denied/i,
    cause: 'permission was denied for a file',
    hints: ['--dir ANOTHER'],
  },
  {
    pattern: /process rank \d+ .*exited on signal (9|15)\b/i,
    cause: 'one of its processes was killed',
  },
  { pattern: /MPI_ABORT was invoked/i, cause: 'the program gave up' },
  { pattern: /FATAL/, cause: 'io500 gave up' },
]

/** What the job concluded itself comes first: it has looked closer. */
export function explainLustre(lines: readonly string[]): Explanation | undefined {
  const own = ownExplanation(lines)
  if (own) return own
  for (const { pattern, cause, hints = [] } of SIGNS) {
    const index = lines.findIndex((line) => pattern.test(line))
    if (index >= 0) return { cause, line: lines[index], index, hints }
  }
  return undefined
}

/** With what it rests on, and what to try, below it. */
function ownExplanation(lines: readonly string[]): Explanation | undefined {
  const index = lines.findLastIndex((line) => OWN.test(line))
  if (index < 0) return undefined
  const [, cause] = OWN.exec(lines[index])!
  const below = lines.slice(index + 1).flatMap((line) => /aibench: {3}(.+)$/.exec(line)?.[1] ?? [])
  const hints = below.flatMap((line) => /^try (.+)$/.exec(line)?.[1] ?? [])
  const evidence = below.find((line) => !line.startsWith('try '))
  return { cause: lowered(cause), line: evidence ?? lines[index], index, hints }
}

/** As a part of a sentence of ours. */
const lowered = (text: string) => text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, '')
