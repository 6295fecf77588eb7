import * as v from 'valibot'
import { fieldsWithDefaults, flagsFor, type GivenOf, type OptionSet } from '../options/set.js'
import type { Workload } from './contract.js'

/** What an instance was asked to be, as it is kept; with the defaults of what an older version did not know. */
export function keptOptions(
  { options, kept }: Workload,
  found: unknown,
): v.SafeParseResult<v.GenericSchema<unknown, Record<string, unknown>>> {
  return v.safeParse(kept ?? v.object(fieldsWithDefaults(options)), found)
}

/** The flags of `start` that give it again, for hints that can be pasted; undefined for what another version kept, or was changed by hand. */
export function startFlagsOf(workload: Workload, found: unknown): readonly string[] | undefined {
  const { success, output } = keptOptions(workload, found)
  if (!success) return undefined
  return workload.startFlags?.(output) ?? flagsFor(workload.options, output as GivenOf<OptionSet>)
}
