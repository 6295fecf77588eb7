import { UsageError } from '../../platform/errors.js'

/** A file of the user's that can't be taken: whose matter it is, and where in the file. */
export function unreadable(path: string, why: string, hints: readonly string[] = []): UsageError {
  return new UsageError(`Can't read vectors from ${path}: ${why}`, {
    code: 'AIB_VECTOR_FILE',
    hints,
  })
}
