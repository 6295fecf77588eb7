import { chooseStyle, forTerminal, type Style } from '../report/style.js'
import { AibenchError } from '../platform/errors.js'
import { oneLine, printableJson } from '../platform/printable.js'

/** Where everything that a command says goes: data to stdout, all else to stderr; with --json one object and nothing else. */

export interface OutputMode {
  json: boolean
  quiet: boolean
  noColor: boolean
}

export interface Envelope {
  schema: string
  ok: boolean
  exitCode: number
  data: unknown
  error: {
    code: string
    message: string
    hints: readonly string[]
    where?: string
    evidence?: string
  } | null
  warnings: readonly string[]
  meta: { version: string; command: string; durationMs: number }
}

export class Output {
  readonly out: Style
  readonly err: Style
  readonly warnings: string[] = []

  constructor(readonly mode: OutputMode) {
    const choice = { noColorFlag: mode.noColor, variables: process.env }
    this.out = chooseStyle({
      ...choice,
      isTty: process.stdout.isTTY,
      columns: process.stdout.columns,
    })
    this.err = chooseStyle({
      ...choice,
      isTty: process.stderr.isTTY,
      columns: process.stderr.columns,
    })
  }

  data(text: string): void {
    if (text === '') return
    process.stdout.write(forTerminal(text.endsWith('\n') ? text : text + '\n'))
  }

  say(text: string): void {
    if (!this.mode.json && !this.mode.quiet) this.#toStderr(text)
  }

  warn(text: string): void {
    this.warnings.push(text)
    if (!this.mode.json) this.#toStderr(`${this.err.waiting('!')} ${oneLine(text)}`)
  }

  /** One line of --events, before the envelope. */
  event(event: object): void {
    process.stdout.write(printableJson(event) + '\n')
  }

  envelope(envelope: Envelope): void {
    process.stdout.write(printableJson(envelope) + '\n')
  }

  /** At most six lines: what, where, the decisive line, what to try. */
  error(error: AibenchError): void {
    const { message, where, evidence, hints } = error
    const lines = [`${this.err.bad('✗')} ${oneLine(message)}`]
    if (where) lines.push(`  ${oneLine(where)}`)
    if (evidence) lines.push(`  ${oneLine(evidence).slice(0, 300)}`)
    const room = 6 - lines.length
    hints
      .slice(0, room)
      .forEach((hint, i) =>
        lines.push(`  ${i === 0 ? this.err.quiet('try') : '   '}  ${oneLine(hint)}`),
      )
    this.#toStderr(lines.join('\n'))
  }

  #toStderr(text: string): void {
    process.stderr.write(forTerminal(text) + '\n')
  }
}

export function errorRecord(error: AibenchError): NonNullable<Envelope['error']> {
  const { code, message, hints, where, evidence } = error
  return { code, message, hints, ...(where ? { where } : {}), ...(evidence ? { evidence } : {}) }
}
