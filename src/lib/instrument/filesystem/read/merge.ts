/** What several files tell about one run, in one record. */

import type { Io500Run, PhaseRecord } from './contract.js'
import * as make from './run.js'

/** The run of result.txt, with what a summary or a log has besides; where both tell, result.txt stands and the other is a conflict. */
export function mergePrinted(run: Io500Run, printed: Io500Run): void {
  const at = { file: printed.files[0], line: 0 }
  if (printed.generation !== 'io500' && run.phases.length === 0) run.generation = printed.generation
  if (printed.version !== null)
    make.settle(run, run, 'version', printed.version, {
      ...{ phase: null, at: { ...at, text: printed.version } },
    })
  run.mode ??= printed.mode
  run.resultDir ??= printed.resultDir
  for (const phase of printed.phases) mergePhase(run, phase, printed)
  mergeScore(run, printed, 'score')
  mergeScore(run, printed, 'extendedScore')
  const known = new Set(run.messages.map(({ level, text }) => `${level} ${text}`))
  for (const message of printed.messages)
    if (!known.has(`${message.level} ${message.text}`)) make.addMessage(run, message)
  for (const conflict of printed.conflicts) run.conflicts.push(conflict)
  run.truncated = run.score === null
  addFile(run, printed.files[0])
}

function mergePhase(run: Io500Run, told: PhaseRecord, { files }: Io500Run): void {
  const phase = make.phaseOf(run, told.name)
  if (!phase) return
  const differs = (key: string, before: number, after: number) =>
    make.addConflict(run, phase.name, key, String(before), {
      ...{ file: files[0], line: 0, text: String(after) },
    })
  if (phase.value === null) phase.value = told.value
  else if (told.value !== null && told.value !== phase.value)
    differs('value', phase.value, told.value)
  if (phase.seconds === null) phase.seconds = told.seconds
  // 1.0024 in one and 1.002 in the other, as C rounds them.
  else if (told.seconds !== null && Math.abs(told.seconds - phase.seconds) > 0.00105)
    differs('seconds', phase.seconds, told.seconds)
  phase.isMarkedInvalid ||= told.isMarkedInvalid
}

function mergeScore(run: Io500Run, printed: Io500Run, which: 'score' | 'extendedScore'): void {
  const told = printed[which]
  const score = run[which]
  if (!told) return
  if (!score) run[which] = told
  else {
    score.isMarkedInvalid ||= told.isMarkedInvalid
    for (const key of ['total', 'bandwidthGiBPerSecond', 'metadataKiops'] as const)
      if (score[key] !== told[key])
        make.addConflict(
          run,
          null,
          which === 'score' ? key : `extended ${key}`,
          String(score[key]),
          {
            ...{ file: printed.files[0], line: 0, text: String(told[key]) },
          },
        )
  }
}

/**
 * Whether both tell of the same run: by the directory that both name and by the figures. A directory can be that of several runs (no
 * `timestamp-resultdir`), and has the figures of two when they ran at once.
 */
export function isSameRun(run: Io500Run, printed: Io500Run): boolean {
  const values = new Map(run.phases.map(({ name, value }) => [name, value]))
  const told = printed.phases.filter(({ name, value }) => value !== null && values.has(name))
  const same = told.filter(({ name, value }) => values.get(name) === value)
  if (run.resultDir !== null && printed.resultDir !== null) {
    const isSamePlace = lastName(run.resultDir) === lastName(printed.resultDir)
    return isSamePlace && (told.length === 0 || same.length > 0)
  }
  if (told.length > 0) return same.some(({ value }) => value !== 0) && same.length * 2 > told.length
  return isSameRefusal(run, printed)
}

/** Told twice by two logs of one try, beside each other. */
function isSameRefusal(run: Io500Run, printed: Io500Run): boolean {
  if (directoryOf(run.files[0]) !== directoryOf(printed.files[0])) return false
  if (run.phases.length + printed.phases.length > 0 || run.version !== printed.version) return false
  const fatal = ({ messages }: Io500Run) => messages.find(({ level }) => level === 'fatal')?.text
  return fatal(run) !== undefined && fatal(run) === fatal(printed)
}

export function addFile(run: Io500Run, file: string): void {
  if (!run.files.includes(file)) run.files.push(file)
}

export function directoryOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : ''
}

function lastName(path: string): string {
  return path.replace(/\/+$/, '').split('/').at(-1)!
}
