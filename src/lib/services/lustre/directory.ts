import type { Context } from '../../jobs/contract.js'
import { aibench, shellLine } from '../../platform/command-line.js'
import { EnvironmentError, isErrno, UsageError } from '../../platform/errors.js'
import { canWriteIn, realPath } from '../../platform/file-system.js'
import { exists, isFolder } from '../../platform/files.js'
import { lookAtFileSystem, type FileSystem } from './file-system.js'

/** A file system whose server is gone answers nothing, and no question to it can be taken back. */
const ANSWER_WITHIN_MS = 15_000

/**
 * The directory that a benchmark is to use, and what it is on.
 * @throws UsageError for what is no directory, EnvironmentError for one that can't be used
 */
export async function usableDirectory(
  { clock, signal }: Context,
  dir: string | null,
): Promise<{ dir: string; fileSystem: FileSystem }> {
  const asked = dir ?? '.'
  // A sleep that nobody waits for any more would keep the program from its end.
  const answered = new AbortController()
  const late = clock
    .sleep(ANSWER_WITHIN_MS, AbortSignal.any([signal, answered.signal]))
    .then(() => undefined)
  const found = await Promise.race([look(asked), late]).finally(() => answered.abort())
  if (found) return found
  throw new EnvironmentError(`The file system of ${asked} does not answer on this machine`, {
    code: 'AIB_DIRECTORY_HANGS',
    where: `no answer within ${ANSWER_WITHIN_MS / 1000} s`,
    hints: [aibench('lustre', 'io500', '--dir', 'ANOTHER')],
  })
}

async function look(asked: string): Promise<{ dir: string; fileSystem: FileSystem }> {
  try {
    if (!(await isFolder(asked))) throw await noDirectory(asked)
    const dir = await realPath(asked)
    const fileSystem = await lookAtFileSystem(dir)
    if (await canWriteIn(dir)) return { dir, fileSystem }
    throw new EnvironmentError(`${dir} can’t be written to by you`, {
      code: 'AIB_DIRECTORY_NOT_WRITABLE',
      hints: [shellLine('ls', '-ld', dir), aibench('lustre', 'io500', '--dir', 'ANOTHER')],
    })
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EPERM', 'ENOENT')) throw error
    throw new EnvironmentError(`${asked} can’t be entered by you`, {
      code: 'AIB_DIRECTORY_NOT_WRITABLE',
      hints: [shellLine('ls', '-ld', asked)],
      cause: error,
    })
  }
}

async function noDirectory(asked: string): Promise<UsageError> {
  const isThere = await exists(asked)
  const ways = [aibench('config', 'set', 'lustre.dir', 'DIR')]
  return new UsageError(isThere ? `${asked} is no directory` : `There is no directory ${asked}`, {
    code: 'AIB_NO_DIRECTORY',
    hints: isThere ? ['--dir DIR', ...ways] : [shellLine('mkdir', '-p', asked), ...ways],
  })
}
