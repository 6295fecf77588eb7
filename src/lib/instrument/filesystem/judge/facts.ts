import { phaseInfo } from '../phases.js'
import type { Io500Run, Message, PhaseRecord } from '../read/contract.js'
import type { HashCheck, Known, Problem, Severity } from './contract.js'

/** What the rules look at: the run, and what follows from it at once. */
export interface Facts {
  run: Io500Run
  known: Known
  /** The Student Cluster rules, with their 30 s. */
  isStudentCluster: boolean
  /** What a write phase must last at least. */
  requiredSeconds: number
  /** As configured; null where the files do not tell. */
  stonewallSeconds: number | null
  /** Client nodes; null where nobody says. */
  nodes: number | null
  procs: number | null
  isDryRun: boolean
  hasEnded: boolean
}

const REQUIRED_SECONDS = 300
const REQUIRED_SECONDS_STUDENTS = 30

export function factsOf(run: Io500Run, known: Known, hash: HashCheck): Facts {
  const stonewallSeconds = stonewallOf(run)
  // With the wall of all others it is a result like all others: several on the lists had scc set.
  const hasOption =
    optionOf(run, 'global', 'scc') === 'TRUE' && stonewallSeconds !== REQUIRED_SECONDS
  const isStudentCluster = hasOption || saysStudentCluster(run) || isProvenStudentCluster(run, hash)
  return {
    run,
    known,
    isStudentCluster,
    requiredSeconds: isStudentCluster ? REQUIRED_SECONDS_STUDENTS : REQUIRED_SECONDS,
    stonewallSeconds,
    nodes: known.nodes ?? run.nodes,
    procs: run.procs,
    isDryRun: run.messages.some(({ text }) => /dry run mode/i.test(text)),
    hasEnded: run.score !== null,
  }
}

/** Of the effective configuration, in its spelling there; booleans as IO500 prints them. Null: not told, or without a value. */
export function optionOf({ config }: Io500Run, section: string, name: string): string | null {
  const value = config?.get(section)?.get(name.toLowerCase())
  if (!value) return null
  return /^(true|false)$/i.test(value) ? value.toUpperCase() : value
}

/** Switched off by its own section or that of its group, `[ior-hard]` of `[ior-hard-write]`. */
export function isSwitchedOff(run: Io500Run, phase: string): boolean {
  const isOff = (section: string) => ['FALSE', '0'].includes(optionOf(run, section, 'run') ?? '')
  return isOff(phase.toLowerCase()) || isOff(phase.toLowerCase().replace(/-[^-]*$/, ''))
}

export function phaseOf({ run }: Facts, name: string): PhaseRecord | undefined {
  return run.phases.find((phase) => phase.name === name)
}

/** The value that a phase's program was given: `argument(exe, 'b')` of `-b 9920000m`. */
export function argumentOf(phase: PhaseRecord | undefined, letter: string): string | null {
  const found = new RegExp(`\\s-${letter}(?:=|\\s+)(\\S+)`).exec(phase?.exe ?? '')
  return found ? found[1] : null
}

/** What IO500 said of this phase (or of the run: null) that matches. */
export function said(
  { run: { messages } }: Facts,
  phase: string | null,
  pattern: RegExp,
): Message | undefined {
  return messages.find((message) => message.phase === phase && pattern.test(message.text))
}

export function problem(
  severity: Severity,
  code: string,
  text: string,
  fix = '',
  more: { phase?: string; evidence?: Message | { file: string; line: number; text: string } } = {},
): Problem {
  const { phase = null, evidence } = more
  return {
    code,
    phase,
    severity,
    text,
    fix,
    evidence: evidence ? `${evidence.file}:${evidence.line}  ${evidence.text.trim()}` : null,
  }
}

export function isOptional(phase: string): boolean {
  const info = phaseInfo(phase)
  return !info?.scored || info.mode === 'extended'
}

/** Two programs in one directory: a phase of result.txt began twice. */
export function hasTwoWriters({ conflicts }: Io500Run): boolean {
  return conflicts.some(
    ({ key, phase }) => phase !== null && ['startedAt', 'exe', 't_start'].includes(key),
  )
}

/** The command lines of the phases tell it where the configuration is lost: -D of IOR, -W of mdtest. */
function stonewallOf(run: Io500Run): number | null {
  const written = optionOf(run, 'debug', 'stonewall-time')
  if (written !== null && /^\d+$/.test(written)) return Number(written)
  for (const phase of run.phases) {
    if (!phaseInfo(phase.name)?.hasMinimum) continue
    const seconds = argumentOf(phase, phase.name.startsWith('ior') ? 'D' : 'W')
    if (seconds !== null && /^\d+$/.test(seconds)) return Number(seconds)
  }
  if (run.config && !run.isConfigEffective) return REQUIRED_SECONDS
  for (const { text } of run.messages) {
    const told = /stonewall-time (\d+)s (?:!=|<)|instead of stonewall (\d+)s/.exec(text)
    if (told) return Number(told[1] ?? told[2])
  }
  return null
}

/** `stonewall-time 31s != 30s` is said under those rules alone. */
export function saysStudentCluster(run: Io500Run): boolean {
  return run.messages.some(({ text }) => /stonewall-time (?:\d+s )?(?:!=|<) *30s/.test(text))
}

/**
 * Without a configuration: the wall was at 30 s, and the hash says that IO500 took write phases that short for valid. It does so under
 * those rules alone.
 */
function isProvenStudentCluster(run: Io500Run, hash: HashCheck): boolean {
  return (
    run.config === null &&
    hash.ok === true &&
    run.score?.isMarkedInvalid === false &&
    stonewallOf(run) === REQUIRED_SECONDS_STUDENTS &&
    run.phases.every(({ isMarkedInvalid }) => !isMarkedInvalid)
  )
}
