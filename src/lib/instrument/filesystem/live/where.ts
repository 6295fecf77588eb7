import type { PhaseRecord } from '../read/contract.js'
import { PHASES, phaseInfo, unitOf } from '../phases.js'
import type { DonePhase, Measure } from './contract.js'
import type { SeenRun } from './result-file.js'

/** Where a run is, by its result.txt. */
export interface Where {
  /** The names of those that it has, in order, without the mark of time between them. */
  phases: readonly string[]
  done: readonly DonePhase[]
  running: RunningPhase | null
  /** It has written its score, or its end. */
  isOver: boolean
}

export interface RunningPhase {
  name: string
  /** Counted from 1. */
  index: number
  startedAtMs: number
  /** Null: it does not stop by the clock. */
  wallMs: number | null
  measure: Measure
}

/** It only touches a file. */
const NO_PHASE = 'timestamp'

export function whereIs({ run, writtenAtMs, config }: SeenRun): Where {
  const all = run.phases.filter(({ name }) => name !== NO_PHASE)
  const isOver = run.score !== null || run.endedAt !== null
  const last = run.phases.at(-1)
  const isRunning = !isOver && last !== undefined && !hasEnded(last) && last.name !== NO_PHASE
  const phases = phasesOf(all, run.mode === 'extended', config)
  const done = all
    .filter((phase) => phase !== last || !isRunning)
    .map((phase) => doneOf(phase, phases))
  const startedAtMs = isRunning ? msOf(last.startedAt, writtenAtMs) : null
  const running = isRunning && {
    name: last.name,
    index: phases.indexOf(last.name) + 1,
    startedAtMs: startedAtMs ?? writtenAtMs,
    wallMs: wallOf(last.exe),
    measure: measureOf(last.name),
  }
  return { phases, done, running: running || null, isOver }
}

function hasEnded({ value, seconds, endedAt }: PhaseRecord): boolean {
  return value !== null || seconds !== null || endedAt !== null
}

function doneOf(phase: PhaseRecord, phases: readonly string[]): DonePhase {
  const { name, value, seconds, isMarkedInvalid } = phase
  const index = phases.indexOf(name) + 1
  return { name, index, value, unit: unitOf(name), seconds, isMarkedInvalid }
}

/** Those that it will run: of the mode, known to this release, not switched off; and whatever else it ran. */
function phasesOf(
  seen: readonly PhaseRecord[],
  isExtended: boolean,
  config: SeenRun['config'],
): string[] {
  const isKnown = (name: string) => {
    if (seen.some((phase) => phase.name === name)) return true
    if (config === null) return phaseInfo(name)?.mode === 'standard'
    return config.has(name.toLowerCase())
  }
  const expected = PHASES.filter(
    ({ name, mode }) => name !== NO_PHASE && (isExtended || mode === 'standard') && isKnown(name),
  ).map(({ name }): string => name)
  const unknown = seen.map(({ name }) => name).filter((name) => !expected.includes(name))
  return [...expected, ...unknown]
}

/** IOR is given it as `-D`, mdtest as `-W`. */
function wallOf(exe: string | null): number | null {
  const seconds = Number(/ -[DW][ =]?(\d+)(?= |$)/.exec(exe ?? '')?.[1] ?? 0)
  return seconds > 0 ? seconds * 1000 : null
}

/** What shows from outside how it goes: mdtest-hard writes and reads a file a call; what is only created or removed shows in the inodes. */
function measureOf(name: string): Measure {
  if (name.startsWith('ior-')) return name.endsWith('write') ? 'writeBytes' : 'readBytes'
  if (name === 'mdtest-hard-write') return 'writeCalls'
  if (name === 'mdtest-hard-read') return 'readCalls'
  if (/-(easy-write|create)$/.test(name)) return 'filesCreated'
  return name.endsWith('-delete') ? 'filesRemoved' : 'none'
}

const QUARTER_HOUR_MS = 900_000
/** A file's time and a process's may come from two clocks. */
const SKEW_MS = 60_000

/**
 * The program writes local time without a zone, and who reads may be in another: the file's own time, which is written at the same moment or
 * little later, tells the zone, of which all are a multiple of a quarter of an hour off.
 */
function msOf(written: string | null, fileMs: number): number | null {
  const bareMs = written === null ? NaN : Date.parse(`${written.replace(' ', 'T')}Z`)
  if (Number.isNaN(bareMs)) return null
  const offMs = Math.floor((fileMs - bareMs + SKEW_MS) / QUARTER_HOUR_MS) * QUARTER_HOUR_MS
  return bareMs + offMs
}
