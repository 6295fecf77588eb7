/**
 * result.txt, the file to trust: it is written key by key and flushed at each, so that of a killed run the last section without a score
 * is the phase that died. Source: src/main.c and src/util.c of IO500/io500; `[run]` came in 2021-10, before it the same keys stand bare.
 */

import type { Io500Run, PhaseRecord, ScoreRecord } from './contract.js'
import { linesOf, type Line } from './lines.js'
import { numberIn } from './number-text.js'
import * as make from './run.js'

const SECTION = /^\[([A-Za-z][\w.+-]{0,63})\]$/
const PAIR = /^([A-Za-z][\w-]{0,63})\s*=(?:\s(.*))?$/
const COMMENT = /^;\s?(.*)$/
const STAMP = /^(START|END)\s+(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)$/
const MESSAGE = /^(ERROR INVALID|ERROR|FATAL|WARNING)\b:?\s*(.*)$/
const LEVELS = {
  'ERROR INVALID': 'invalid',
  ERROR: 'error',
  FATAL: 'fatal',
  WARNING: 'warning',
} as const

export function isResultTxt(text: string): boolean {
  return /^(?:\[run\][ \t]{0,80}$|; START \d{4}-|version {9}= |\[(?:ior|mdtest)-(?:easy|hard)-write\][ \t]{0,80}\nt_start )/m.test(
    text.replaceAll('\r', ''),
  )
}

/** One for each run in it; its end may be missing anywhere. */
export function readResultTxt(text: string, file: string): Io500Run[] {
  const reader = new ResultTxtReader(file)
  for (const line of linesOf(text)) reader.take(line)
  // `io500 --verify` prints a `[run]` of its own.
  return reader.runs.filter(
    ({ version, startedAt, phases }) =>
      version !== null || startedAt !== null || phases.some(isBegun),
  )
}

function isBegun({ startedAt, value }: PhaseRecord): boolean {
  return startedAt !== null || value !== null
}

class ResultTxtReader {
  readonly runs: Io500Run[] = []
  private section: 'run' | 'SCORE' | 'SCOREX' | PhaseRecord | null = null
  private score: Partial<Record<string, string>> = {}

  constructor(private readonly file: string) {}

  take(line: Line): void {
    const text = line.text.trimEnd()
    if (text === '') return
    const section = SECTION.exec(text)
    if (section && line.isWhole) return this.open(section[1])
    const comment = COMMENT.exec(text)
    if (comment) return this.comment(comment[1], line)
    const pair = PAIR.exec(text)
    if (pair && line.isWhole) return this.pair(pair[1], (pair[2] ?? '').trim(), line)
    // A last line that was cut is no damage: the run was killed there, or still writes.
    if (line.isWhole) make.addDamage(this.run, { file: this.file, line: line.number, text })
  }

  private get run(): Io500Run {
    return this.runs.at(-1) ?? this.begin()
  }

  private begin(): Io500Run {
    const run = make.newRun(this.file)
    run.generation = 'isc20'
    this.runs.push(run)
    this.section = null
    this.score = {}
    return run
  }

  private open(name: string): void {
    if (name === 'run') {
      if (this.runs.length === 0 || this.hasBegun) this.begin().generation = 'io500'
      this.section = 'run'
    } else if (name === 'SCORE' || name === 'SCOREX') {
      this.section = name
      this.score = {}
    } else this.section = make.phaseOf(this.run, name) ?? null
  }

  private get hasBegun(): boolean {
    const run = this.runs.at(-1)
    return run !== undefined && (run.phases.length > 0 || run.startedAt !== null)
  }

  private comment(text: string, line: Line): void {
    const stamp = STAMP.exec(text)
    const message = MESSAGE.exec(text)
    if (stamp?.[1] === 'START') {
      if (this.hasBegun && this.run.startedAt !== stamp[2]) this.begin()
      this.run.startedAt ??= stamp[2]
    } else if (stamp) this.run.endedAt ??= stamp[2]
    else if (message)
      make.addMessage(this.run, {
        level: LEVELS[message[1] as keyof typeof LEVELS],
        phase: this.phase?.name ?? null,
        text: message[2],
        file: this.file,
        line: line.number,
      })
    // What it finds wrong before the first phase it forgets again; in a phase it marks the phase.
    if (message?.[1] === 'ERROR INVALID' && this.phase) this.phase.isMarkedInvalid = true
  }

  private get phase(): PhaseRecord | null {
    return typeof this.section === 'object' ? this.section : null
  }

  private pair(key: string, value: string, line: Line): void {
    if (key === 'version' && this.section !== 'run' && this.hasBegun) this.begin()
    if (this.section === 'SCORE' || this.section === 'SCOREX') this.ofScore(key, value, line)
    else if (this.phase) this.ofPhase(this.phase, key, value, line)
    else this.ofRun(key, value, line)
  }

  private ofRun(key: string, value: string, line: Line): void {
    const { run } = this
    const told = { phase: null, at: { file: this.file, line: line.number, text: value } }
    if (key === 'version') make.settle(run, run, 'version', value, told)
    else if (key === 'config-hash') make.settle(run, run, 'configHash', value, told)
    else if (key === 'result-dir') make.settle(run, run, 'resultDir', value, told)
    else if (key === 'mode' && (value === 'standard' || value === 'extended')) {
      make.settle(run, run, 'mode', value, told)
      run.generation = 'io500'
    } else if (key === 'procs') {
      const procs = numberIn(value)
      if (procs !== null) make.settle(run, run, 'procs', procs, told)
    }
  }

  private ofPhase(phase: PhaseRecord, key: string, value: string, line: Line): void {
    const { run } = this
    const told = { phase: phase.name, at: { file: this.file, line: line.number, text: value } }
    const number = numberIn(value)
    if (key === 'score' && number !== null) make.settle(run, phase, 'value', number, told)
    else if (key === 't_delta' && number !== null) make.settle(run, phase, 'seconds', number, told)
    else if (key === 't_start') make.settle(run, phase, 'startedAt', value, told)
    else if (key === 't_end') make.settle(run, phase, 'endedAt', value, told)
    else if (key === 'exe') make.settle(run, phase, 'exe', make.kept(value), told)
    else if (key in phase.values) {
      if (phase.values[key] !== value)
        make.addConflict(run, phase.name, key, phase.values[key], told.at)
    } else make.addValue(phase, key, value)
  }

  private ofScore(key: string, value: string, line: Line): void {
    this.score[key] ??= value
    const score = scoreFrom(this.score)
    if (!score) return
    const { run } = this
    const which = this.section === 'SCORE' ? 'score' : 'extendedScore'
    const before = run[which]
    const at = { file: this.file, line: line.number, text: String(score.total) }
    if (!before || (make.isSameScore(before, score) && !before.hash)) run[which] = score
    else if (!make.isSameScore(before, score) && key === 'SCORE')
      make.addConflict(
        run,
        null,
        this.section === 'SCORE' ? 'total' : 'extended total',
        String(before.total),
        at,
      )
    run.truncated = run.score === null
  }
}

function scoreFrom(pairs: Partial<Record<string, string>>): ScoreRecord | null {
  const [, total, tag] = /^(\S+)(\s*\[INVALID\])?$/.exec(pairs.SCORE ?? '') ?? []
  const metadataKiops = numberIn(pairs.MD)
  const bandwidthGiBPerSecond = numberIn(pairs.BW)
  const number = numberIn(total)
  if (metadataKiops === null || bandwidthGiBPerSecond === null || number === null) return null
  return {
    bandwidthGiBPerSecond,
    metadataKiops,
    total: number,
    isMarkedInvalid: tag !== undefined,
    hash: pairs.hash ?? null,
  }
}
