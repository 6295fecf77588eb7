import type { Envelope } from '../../instrument/measure/envelope.js'
import type { RunVerdict } from '../../platform/verdicts.js'
import type { Style } from '../../report/style.js'

/** What people see of a result. */
export interface BenchmarkFace<Result extends Envelope = Envelope> {
  /** The whole report. */
  view(result: Result, style: Style, of: Shown): string
  /** One line for scripts and logs. */
  line(result: Result): string
  /** Of `--save-as FORMAT:FILE`: forms that other programs read. */
  formats: Readonly<Record<string, Format<Result>>>
}

export interface Format<Result> {
  text(result: Result): string
}

export interface Shown {
  /** Its topic on the command line. */
  service: string
  /** Repeated at the end; null where an error follows that says it. */
  verdict: RunVerdict | null
}
