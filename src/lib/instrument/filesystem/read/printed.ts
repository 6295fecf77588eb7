/**
 * What IO500 prints, on stdout and into result_summary.txt, of all its generations; and so any log that has it in it. Lines of several
 * ranks can be glued, and what MPI, Slurm, `free -m` or IOR print stands between them and in front of them.
 */

import type { Io500Run, ScoreRecord } from './contract.js'
import { linesOf, type Line } from './lines.js'
import { numberIn } from './number-text.js'
import { phaseNamed } from '../phases.js'
import * as make from './run.js'

/** Where in a line something of IO500 begins. */
const STARTS =
  /IO500 version |\[(?:RESULT(?:-invalid)?| {6}|SCORE ?|SCORE INVALID|SCOREX)\] |ERROR INVALID \(src\/|FATAL \(src\/|(?<![\w; ])(?:; )?WARNING:? |(?<![\w; ])(?:; )?ERROR(?: (?!INVALID)|: )/g
const VERSION = /^IO500 version (\S*)(?: \((standard|extended)\))?\s*$/
const RESULT =
  /^\[(RESULT|RESULT-invalid| {6})\]\s+(?:((?:BW|IOPS)\s+phase\s+\d+)\s+)?([A-Za-z][\w-]{0,63})\s+(-?[\d.]{1,40}) (GiB\/s|GB\/s|kIOPS|kiops)\s{0,4}: time\s{1,9}(-?[\d.]{1,30}) seconds( \[INVALID\])?/
const SCORE =
  /^\[(SCORE ?|SCORE INVALID|SCOREX)\] Bandwidth (\S{1,40}) G(?:i)?B\/s : IOPS (\S{1,40}) kiops : TOTAL (\d{1,30}(?:\.\d{0,30})?)( \[INVALID\])?(?![\d.])/
const MESSAGE = /^(?:; )?(ERROR INVALID|FATAL|WARNING|ERROR):?\s+(?:\((src\/[^)]{1,80})\)\s?)?(.*)$/
const DIRECTORY = /\bThe result files are stored in the directory: (.+)$/
const LEVELS = {
  'ERROR INVALID': 'invalid',
  ERROR: 'error',
  FATAL: 'fatal',
  WARNING: 'warning',
} as const
/** Found before the first phase, about the run as a whole. */
const OF_THE_RUN = /stonewall-time|files-per-dir|DRY RUN|pause/i

export function isPrinted(text: string): boolean {
  // In a comment of an ini it is somebody's note.
  return /^(?![ \t]*[#;]).*(?:IO500 version |\[SCORE[^\]]{0,8}\] Bandwidth )|^\[RESULT(?:-invalid)?\] |(?:FATAL|ERROR INVALID) \(src\/|ERROR Parsing error in /m.test(
    text,
  )
}

/** One for each run in it. */
export function readPrinted(text: string, file: string): Io500Run[] {
  const reader = new PrintedReader(file)
  for (const line of linesOf(text)) reader.take(line)
  return reader.runs.filter((run) => !make.isBlank(run))
}

class PrintedReader {
  readonly runs: Io500Run[] = []
  /** Messages come before the line of the phase that they are about. */
  private pending = 0

  constructor(private readonly file: string) {}

  take(line: Line): void {
    const directory = DIRECTORY.exec(line.text)
    if (directory) {
      if (this.runs.length > 0) this.run.resultDir ??= make.kept(directory[1].trim())
      return
    }
    // Most lines of a log say nothing, and are not cut into pieces.
    const starts = [...line.text.matchAll(STARTS)].map(({ index }) => index)
    for (const [n, start] of starts.entries()) {
      const isLast = n === starts.length - 1
      const text = line.text.slice(start, isLast ? undefined : starts[n + 1])
      this.piece({ number: line.number, text, isWhole: line.isWhole || !isLast })
    }
  }

  private get run(): Io500Run {
    return this.runs.at(-1) ?? this.begin()
  }

  private begin(): Io500Run {
    const run = make.newRun(this.file)
    this.runs.push(run)
    this.pending = 0
    return run
  }

  private piece(line: Line): void {
    const version = VERSION.exec(line.text)
    if (version) return this.version(version[1], version[2])
    const result = RESULT.exec(line.text)
    if (result) return this.result(result, line)
    const score = SCORE.exec(line.text)
    if (score) return this.score(score, line)
    const message = MESSAGE.exec(line.text)
    if (message && !line.text.startsWith('[')) this.message(message, line)
  }

  private version(name: string, mode: string | undefined): void {
    const isTwin = this.runs.length > 0 && this.run.phases.length === 0 && !this.run.score
    // Ranks that are each a run of one process all print it; what follows is then told twice, and differs.
    const run = isTwin ? this.run : this.begin()
    run.version ??= name
    run.mode ??= mode === 'standard' || mode === 'extended' ? mode : null
    if (!mode && name !== '') run.generation = 'isc20'
  }

  private result(found: RegExpExecArray, line: Line): void {
    const [, mark, old, written, value, , seconds, tag] = found
    if (this.runs.length > 0 && this.isNextRun(written)) this.begin()
    const { run } = this
    const phase = make.phaseOf(run, written)
    const number = numberIn(value)
    const time = numberIn(seconds)
    if (!phase || number === null || time === null) return
    if (old !== undefined) run.generation = 'bash'
    else if (mark === 'RESULT-invalid') run.generation = 'isc20'
    const told = (text: string) => ({
      phase: phase.name,
      at: { file: this.file, line: line.number, text },
    })
    // It is printed with a value, zero, and has none.
    if (phase.name !== 'timestamp') make.settle(run, phase, 'value', number, told(value))
    make.settle(run, phase, 'seconds', time, told(seconds))
    phase.isMarkedInvalid ||= mark === 'RESULT-invalid' || tag !== undefined
    for (const message of run.messages.slice(this.pending))
      if (message.level !== 'invalid' || !OF_THE_RUN.test(message.text)) message.phase = phase.name
    this.pending = run.messages.length
  }

  /** Old programs print no version: the next run begins with its first phase, after the score of the one before. */
  private isNextRun(written: string): boolean {
    const first = this.run.phases.at(0)?.name
    return this.run.score !== null && (phaseNamed(written) ?? written) === first
  }

  private score(found: RegExpExecArray, line: Line): void {
    const [, mark, bandwidth, metadata, total, tag] = found
    // Cut within its number, or before its mark.
    if (!line.isWhole && !/\.\d{6}$/.test(total)) return
    const bandwidthGiBPerSecond = numberIn(bandwidth)
    const metadataKiops = numberIn(metadata)
    const number = numberIn(total)
    if (bandwidthGiBPerSecond === null || metadataKiops === null || number === null) return
    const { run } = this
    const isMarkedInvalid = mark === 'SCORE INVALID' || tag !== undefined || this.isCutAndBad(line)
    const score: ScoreRecord = {
      ...{ bandwidthGiBPerSecond, metadataKiops, total: number },
      ...{ isMarkedInvalid, hash: null },
    }
    const which = mark === 'SCOREX' ? 'extendedScore' : 'score'
    const before = run[which]
    if (!before) run[which] = score
    else if (!make.isSameScore(before, score))
      make.addConflict(
        run,
        null,
        which === 'score' ? 'total' : 'extended total',
        String(before.total),
        {
          ...{ file: this.file, line: line.number, text: total },
        },
      )
    run.truncated = run.score === null
  }

  private isCutAndBad(line: Line): boolean {
    return !line.isWhole && this.run.phases.some(({ isMarkedInvalid }) => isMarkedInvalid)
  }

  private message([, level, , text]: RegExpExecArray, line: Line): void {
    // IOR and MPI warn in every log; without a run around it that is nobody's.
    if (this.runs.length === 0 && level !== 'FATAL' && !/^Parsing|DRY RUN/.test(text)) {
      if (level !== 'ERROR INVALID') return
    }
    make.addMessage(this.run, {
      level: LEVELS[level as keyof typeof LEVELS],
      phase: null,
      text,
      file: this.file,
      line: line.number,
    })
  }
}
