import { UsageError } from '../../../platform/errors.js'

/** `line` counts from 1. */
export function datasetError(
  path: string,
  why: string,
  { line, hints = [] }: { line?: number; hints?: readonly string[] } = {},
): UsageError {
  const where = line === undefined ? path : `${path}:${line}`
  return new UsageError(`Can't read requests from ${where}: ${why}`, {
    code: 'AIB_DATASET_FILE',
    hints,
  })
}
