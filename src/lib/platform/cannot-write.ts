import { EnvironmentError, isErrno } from './errors.js'

/** The usual causes, in words, with the way out that all of them have. */
export function cannotWrite(path: string, error: unknown): EnvironmentError {
  const plain: Record<string, string> = {
    ENOSPC: 'no space is left there',
    EDQUOT: 'your quota is used up there',
    EROFS: 'it is read-only',
    EACCES: 'you may not write there',
    EPERM: 'you may not write there',
    ENOTDIR: 'a part of the path is a file',
  }
  const why = (isErrno(error, ...Object.keys(plain)) && plain[error.code!]) || String(error)
  return new EnvironmentError(`Can't write below ${path}: ${why}`, {
    code: 'AIB_CANNOT_WRITE',
    hints: ['AIBENCH_HOME=/a/folder/with/space aibench …', `df -h ${path}`],
    cause: error,
  })
}
