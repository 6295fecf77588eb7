import { AibenchError } from '../../../platform/errors.js'
import type { JobContext } from './context.js'

/** As a person reads it in the log: what, then what it rests on, then what to do. */
export function tell({ say }: Pick<JobContext, 'say'>, error: unknown): number {
  if (!(error instanceof AibenchError)) throw error
  say(`✗ ${error.message}`)
  for (const line of [error.where, error.evidence]) if (line) say(`  ${line}`)
  for (const hint of error.hints) say(`  try ${hint}`)
  return error.exitCode
}
