import { phaseNamed, unitOf } from '../phases.js'
import type { Evidence, Io500Run, Message, PhaseRecord, ScoreRecord } from './contract.js'

/** Files of ten thousand phases or a million warnings are not of IO500, or not worth more memory than these. */
const MOST = { phases: 500, messages: 1000, damage: 200, conflicts: 200, keys: 100 }
const MAX_KEPT_CHARACTERS = 4096

export function newRun(file: string): Io500Run {
  return {
    generation: 'io500',
    version: null,
    mode: null,
    procs: null,
    nodes: null,
    startedAt: null,
    endedAt: null,
    configHash: null,
    resultDir: null,
    phases: [],
    score: null,
    extendedScore: null,
    messages: [],
    config: null,
    isConfigEffective: false,
    configPairs: [],
    conflicts: [],
    damage: [],
    truncated: true,
    death: null,
    files: [file],
  }
}

/** That of the run with this name, in any generation's spelling, or a new one at the end; undefined once there are too many. */
export function phaseOf(run: Io500Run, written: string): PhaseRecord | undefined {
  const name = phaseNamed(written) ?? written
  const known = run.phases.find((phase) => phase.name === name)
  if (known || run.phases.length >= MOST.phases) return known
  const phase: PhaseRecord = {
    name,
    value: null,
    unit: unitOf(name),
    seconds: null,
    startedAt: null,
    endedAt: null,
    isMarkedInvalid: false,
    exe: null,
    values: {},
  }
  run.phases.push(phase)
  return phase
}

/** The first word stands; a later one that differs is kept beside it as a conflict. */
export function settle<T, K extends keyof T & string>(
  run: Io500Run,
  target: T,
  key: K,
  value: NonNullable<T[K]>,
  told: { phase: string | null; at: Evidence },
): void {
  const before = target[key]
  if (before === null || before === undefined) target[key] = value
  else if (before !== value) addConflict(run, told.phase, key, String(before), told.at)
}

export function addConflict(
  run: Io500Run,
  phase: string | null,
  key: string,
  before: string,
  at: Evidence,
): void {
  if (run.conflicts.length >= MOST.conflicts) return
  run.conflicts.push({ phase, key, before: kept(before), after: { ...at, text: kept(at.text) } })
}

export function addMessage(run: Io500Run, message: Message): void {
  if (run.messages.length < MOST.messages)
    run.messages.push({ ...message, text: kept(message.text) })
}

export function addDamage(run: Io500Run, damage: Evidence): void {
  if (run.damage.length < MOST.damage) run.damage.push({ ...damage, text: kept(damage.text) })
}

export function addValue(phase: PhaseRecord, key: string, value: string): void {
  if (Object.keys(phase.values).length < MOST.keys) phase.values[key] = kept(value)
}

/** Nothing was told about it: no phase, no score, no error. */
export function isBlank(run: Io500Run): boolean {
  return run.version === null && run.phases.length === 0 && !run.score && run.messages.length === 0
}

export function isSameScore(one: ScoreRecord, other: ScoreRecord): boolean {
  return (
    one.total === other.total &&
    one.bandwidthGiBPerSecond === other.bandwidthGiBPerSecond &&
    one.metadataKiops === other.metadataKiops
  )
}

export function kept(text: string): string {
  return text.length > MAX_KEPT_CHARACTERS ? text.slice(0, MAX_KEPT_CHARACTERS) + '…' : text
}
