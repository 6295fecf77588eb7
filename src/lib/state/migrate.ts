import * as v from 'valibot'
import { StateError } from '../platform/errors.js'
import { OLD_VERDICTS } from '../platform/verdicts.js'
import { SCHEMA_NUMBER, StateSchema, type State } from './schema.js'

type Fields = Record<string, unknown>

/** From schema n to n + 1, pure. The list grows at its end; an entry is never changed once it was released. */
export type Migration = (old: Fields) => Fields
export const MIGRATIONS: readonly Migration[] = [toMembers]

/** 1 → 2: an instance has members instead of one endpoint, and work to do when it is ready and when it has ended. */
function toMembers(state: Fields): Fields {
  return {
    ...state,
    schema: 2,
    instances: mapped(state.instances, instanceToMembers),
    runs: mapped(state.runs, runToMembers),
  }
}

/** An instance of schema 1, as the state file and `aibench/job/1` have it. */
export function instanceToMembers({ endpoint, ...old }: Fields): Fields {
  const { service, readyAt, phase, endedAt, outcome, jobId } = old
  const one = { endpoint: endpoint ?? null, readyAt, failed: null }
  return {
    cluster: null,
    restarts: 0,
    stopAskedAt: null,
    ...old,
    shape: 'serving',
    allocation: null,
    // The one server of a service bears its name.
    members: endpoint ? { [String(service)]: one } : {},
    // Nothing is done afterwards for what was over before there was anything to do.
    hooks: { ready: readyAt, ended: phase === 'ended' ? (endedAt ?? old.intendedAt) : null },
    outcome: withProof(outcome, jobId),
  }
}

/** Before ends said what they rest on, only `lost` was a conclusion, and an end without a job. */
function withProof(outcome: unknown, jobId: unknown): unknown {
  if (!isFields(outcome) || outcome.proof !== undefined) return outcome
  const isConcluded = outcome.kind === 'lost' || jobId === null
  return { ...outcome, proof: isConcluded ? 'concluded' : 'scheduler' }
}

/** A run of schema 1, also as `run.json` has it. */
export function runToMembers(run: Fields): Fields {
  const { verdict } = run
  return {
    ...run,
    job: null,
    verdict: verdict === 'instrument-saturated' ? OLD_VERDICTS[verdict] : verdict,
  }
}

function mapped(records: unknown, step: Migration): unknown {
  if (!isFields(records)) return records
  return Object.fromEntries(
    Object.entries(records).map(([id, one]) => [id, isFields(one) ? step(one) : one]),
  )
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

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
  if (!isFields(parsed)) return undefined
  let state = parsed
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
