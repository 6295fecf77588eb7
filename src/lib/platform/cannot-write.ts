import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { quote } from './command-line.js'
import { EnvironmentError, isErrno } from './errors.js'

const PLAIN: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left there',
  EDQUOT: 'your quota is used up there',
  EROFS: 'it is read-only',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'a part of the path is a file',
  EIO: 'the disk reports an error',
}

/** The usual causes, in words, with the way out: by default another home for all that aibench writes. */
export function cannotWrite(
  path: string,
  error: unknown,
  elsewhere = 'AIBENCH_HOME=/a/folder/elsewhere aibench …',
): EnvironmentError {
  const isFull = isErrno(error, 'ENOSPC', 'EDQUOT')
  return new EnvironmentError(`Can't write below ${path}: ${whyOf(error)}`, {
    code: 'AIB_CANNOT_WRITE',
    hints: [elsewhere, `${isFull ? 'df -h' : 'ls -ld'} ${quote(path)}`],
    cause: error,
  })
}

export function cannotRead(path: string, error: unknown): EnvironmentError {
  return new EnvironmentError(`Can't read ${path}: ${whyOf(error)}`, {
    code: 'AIB_CANNOT_READ',
    hints: [`ls -ld ${quote(path)}`],
    cause: error,
  })
}

/**
 * What a file operation of ours that nobody expected to fail says to a person. Node's error names the system call, and not what for:
 * an open() that failed on a file which is there and can't be read was one to read.
 * @param home where aibench writes when the error does not say where
 */
export function cannotUse(error: NodeJS.ErrnoException, home: string): EnvironmentError {
  const { path, syscall = '' } = error
  if (path === undefined) return cannotWrite(home, error)
  const isRead = READING.test(syscall) || (syscall === 'open' && isUnreadable(path))
  return isRead ? cannotRead(path, error) : cannotWrite(dirname(path), error)
}

const READING = /^(scandir|opendir|read|readlink|stat|lstat|fstat|access|realpath|uv_cwd|chdir)$/

function isUnreadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return false
  } catch {
    // Of a file in a folder that may not be entered nobody can say whether it is there: then it is not being made either.
    return existsSync(path) || !mayEnter(dirname(path))
  }
}

function mayEnter(folder: string): boolean {
  try {
    accessSync(folder, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function whyOf(error: unknown): string {
  return isErrno(error, ...Object.keys(PLAIN)) ? PLAIN[error.code!] : String(error)
}
