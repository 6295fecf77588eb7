import type { Context } from '../../jobs/contract.js'
import type { ModelsReport } from './reports.js'
import { ask } from './ask.js'

/** What the server serves. */
export function listModels(context: Context, name?: string): Promise<ModelsReport> {
  return ask<'models'>(context, name, { kind: 'models' })
}
