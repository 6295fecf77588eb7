import * as v from 'valibot'
import { StateError } from '../platform/errors.js'
import { SCHEMA_NUMBER, StateSchema, type State } from './schema.js'

/** From schema n to n + 1, pure. The list grows at its end; an entry is never changed once it was released. */
export type Migration = (old: Record<string, unknown>) => Record<string, unknown>
export const MIGRATIONS: readonly Migration[] = []

/**
 * Reads what was parsed from the state file.
 * @returns undefined when it can't be understood
 * @throws StateError `AIB_STATE_NEWER` when a newer aibench has written it
 */
export function migrate(
  parsed: unknown,
  path: string,
  migrations: readonly Migration[] = MIGRATIONS,
): State | undefined {
  if (typeof parsed !== 'object' || parsed === null) return undefined
  let state = parsed as Record<string, unknown>
  const { schema } = state
  if (typeof schema !== 'number' || !Number.isInteger(schema)) return undefined
  if (schema > SCHEMA_NUMBER) throw newerError(state, schema, path)
  const first = SCHEMA_NUMBER - migrations.length
  if (schema < first) return undefined
  for (const step of migrations.slice(schema - first)) state = step(state)
  const result = v.safeParse(StateSchema, state)
  return result.success ? result.output : undefined
}

function newerError(state: Record<string, unknown>, schema: number, path: string): StateError {
  const writer = (state.writtenBy as { version?: string } | undefined)?.version
  return new StateError(
    `The state file was written by a newer aibench${writer ? ` (${writer})` : ''}; this one can't read it`,
    {
      code: 'AIB_STATE_NEWER',
      where: `${path}, schema ${schema}; this aibench knows up to ${SCHEMA_NUMBER}`,
      hints: [
        writer ? `install aibench ${writer} or newer` : 'install a newer aibench',
        'AIBENCH_HOME=DIR aibench …   # a state of its own',
      ],
    },
  )
}
