import type { Explanation } from '../../jobs/contract.js'

interface Sign {
  pattern: RegExp
  cause: string
  hints?: readonly string[]
}

/** The lines that tell why a Chroma server or its job failed; the first sign of the list that is found anywhere decides. */
const SIGNS: readonly Sign[] = [
  {
    pattern: /No space left on device|database or disk is full|ENOSPC|os error 28/i,
    cause: 'no space left on the device',
    hints: ['aibench chroma start --persist-dir DIR   # where there is space', 'df -h'],
  },
  {
    pattern: /Disk quota exceeded|os error 122/i,
    cause: 'your disk quota is used up',
    hints: ['aibench chroma start --persist-dir DIR'],
  },
  {
    pattern: /Read-only file system|readonly database|os error 30/i,
    cause: 'the folder of the database is read-only',
    hints: ['aibench chroma start --persist-dir DIR'],
  },
  {
    pattern: /database is locked|SQLITE_BUSY/i,
    cause: 'the database is in use by another server',
    hints: ['aibench status', 'aibench chroma start --persist-dir ANOTHER'],
  },
  {
    pattern: /database disk image is malformed|file is not a database/i,
    cause: 'the database in the persist directory is damaged',
    hints: ['aibench chroma start --persist-dir ANOTHER'],
  },
  {
    pattern: /migration.*(mismatch|inconsistent|unapplied)/i,
    cause: 'the database was made by another version of Chroma',
    hints: ['aibench chroma start --persist-dir ANOTHER'],
  },
  {
    pattern: /version `?GLIBC(XX)?_[\d.]+'? not found/i,
    cause: 'the server needs a newer system library than this node has',
    hints: ['aibench chroma install', 'aibench chroma start --image FILE.sif'],
  },
  {
    pattern: /error while loading shared libraries|cannot open shared object file/i,
    cause: 'a system library that the server needs is missing on the node',
    hints: ['aibench chroma start --image FILE.sif'],
  },
  {
    pattern: /No module named|ModuleNotFoundError/i,
    cause: 'the installed server is not complete on this node',
    hints: ['aibench chroma install --dir DIR   # on a file system that the nodes see'],
  },
  {
    pattern: /address (is )?already in use|Address .* is not available|EADDRINUSE|os error 98/i,
    cause: 'its port was taken by another process',
    hints: ['aibench chroma start'],
  },
  {
    pattern: /Permission denied|os error 13/i,
    cause: 'permission denied for a file or directory',
    hints: ['ls -ld the folder named in the line'],
  },
  {
    pattern: /Cannot allocate memory|out of memory|oom-kill|Out Of Memory/i,
    cause: 'the node or the job ran out of memory',
    hints: ['aibench chroma start --sbatch-arg=--mem=0'],
  },
  {
    pattern:
      /(apptainer|singularity|chroma|python\S*): (command )?not found|No such file or directory/i,
    cause: 'a program or file is missing on the node',
    hints: ['aibench config set apptainer.command /path/to/apptainer', 'aibench chroma install'],
  },
  {
    pattern: /FATAL: +.*(image|container|sif)/i,
    cause: 'the container image could not be started',
    hints: ['apptainer inspect FILE.sif'],
  },
  { pattern: /panicked at|Segmentation fault|core dumped/i, cause: 'the server crashed' },
  {
    pattern: /unknown field|invalid type|missing field|Failed to parse/i,
    cause: 'the server does not know its configuration',
    hints: ['aibench chroma install   # the version that aibench knows'],
  },
]

export function explainChroma(lines: readonly string[]): Explanation | undefined {
  for (const { pattern, cause, hints = [] } of SIGNS) {
    const index = lines.findIndex((line) => pattern.test(line))
    if (index >= 0) return { cause, line: lines[index], index, hints }
  }
  return undefined
}
