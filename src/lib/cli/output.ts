import { chooseStyle, forTerminal, type Style } from '../report/style.js'
import { wrapWords } from '../report/wrap.js'
import { isCommand } from '../platform/command-line.js'
import type { AibenchError } from '../platform/errors.js'
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
  /** The one object of --json was written. */
  static hasSpoken = false
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

  /** Once: what is found in the way at each look is said at the first. */
  warn(text: string): void {
    if (this.warnings.includes(text)) return
    this.warnings.push(text)
    if (!this.mode.json) this.#toStderr(`${this.err.waiting('!')} ${oneLine(text)}`)
  }

  /** One line of --events, before the envelope. */
  event(event: object): void {
    process.stdout.write(printableJson(event) + '\n')
  }

  envelope(envelope: Envelope): void {
    Output.hasSpoken = true
    process.stdout.write(printableJson(envelope) + '\n')
  }

  /** At most six lines of ours: what, where, the decisive line, what to know, what to try; on a terminal broken between words. */
  error({ message, where, evidence, hints }: NonNullable<Envelope['error']>): void {
    const facts = [where, evidence && oneLine(evidence).slice(0, 300)].filter((text) => text)
    const room = 5 - facts.length
    const commands = hints.filter(isCommand).slice(0, room)
    const sentences = hints.filter((hint) => !isCommand(hint)).slice(0, room - commands.length)
    this.#toStderr(
      [
        ...this.#broken(`${this.err.bad('✗')} `, message),
        ...[...facts, ...sentences].flatMap((text) => this.#broken('  ', text!)),
        ...commands.map((command, i) => this.#command(command, i === 0)),
      ].join('\n'),
    )
  }

  #broken(start: string, text: string): string[] {
    const width = process.stderr.isTTY ? this.err.columns - 2 : Infinity
    const lines = wrapWords(oneLine(text), width)
    return lines.map((line, i) => (i === 0 ? start : '  ') + line)
  }

  /** Never broken: it is there to be copied. */
  #command(hint: string, isFirst: boolean): string {
    const [command, remark] = oneLine(hint).split(/ {3}(?=# )/)
    const label = isFirst ? this.err.quiet('try') : '   '
    return `  ${label}  ${command}${remark ? `   ${this.err.quiet(remark)}` : ''}`
  }

  #toStderr(text: string): void {
    process.stderr.write(forTerminal(text) + '\n')
  }
}

export function errorRecord(
  { code, message, hints: all, where, evidence }: AibenchError,
  hints = all,
): NonNullable<Envelope['error']> {
  return { code, message, hints, ...(where ? { where } : {}), ...(evidence ? { evidence } : {}) }
}
