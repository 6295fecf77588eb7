import type { RunPlan } from '../../instrument/filesystem/run-plan.js'
import type { Context, Place } from '../../jobs/contract.js'
import type { RunIni } from './ini-of.js'

/** What is foretold of a run, against what there is. @throws EnvironmentError when it can't fit, unless it is forced */
export async function foretold(
  _context: Context,
  _plan: RunPlan,
  _ini: RunIni | null,
  _place: Place,
  _isForced: boolean,
): Promise<string[]> {
  return []
}
