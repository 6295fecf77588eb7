import { Command } from '@oclif/core/command'
import * as Flags from '@oclif/core/flags'
import type * as Interfaces from '@oclif/core/interfaces'
import { AibenchError, BugError, InterruptedError } from '../platform/errors.js'
import {
  defaultsOf,
  givenBy,
  over,
  type GivenOf,
  type OptionSet,
  type ValuesOf,
} from '../options/set.js'
import type { Style } from '../report/style.js'
import { asAibenchError } from './failures.js'
import { takeFormerVariables } from './former-variables.js'
import { finishedHints, lettersOf } from './hints.js'
import { interruptible } from './interrupt.js'
import { errorRecord, Output } from './output.js'
import { createProgress, flushProgress } from './progress.js'
import type { Context } from '../jobs/contract.js'
import type { ProgramConfig } from './run-command.js'
import type { Progress } from '../platform/progress.js'

type FlagsOf<T extends typeof Command> = Interfaces.InferredFlags<
  (typeof BaseCommand)['baseFlags']
> &
  Interfaces.InferredFlags<T['flags']>
type ArgsOf<T extends typeof Command> = Interfaces.InferredArgs<T['args']>

/** How a report is put on the screen, and what `--quiet` prints of it. */
export interface View<Report> {
  /** @param isFailing an error follows that says why it is no success */
  text(report: Report, style: Style, isFailing: boolean): string
  quiet(report: Report): string
}

/**
 * What all commands share: flags for output, one envelope under --json whatever happens, errors in six lines, signals, exit codes.
 * A command parses flags, calls one service function and shows its report.
 */
export abstract class BaseCommand<T extends typeof Command> extends Command {
  static override baseFlags = {
    json: Flags.boolean({
      summary: 'Print one JSON object on stdout, whatever happens.',
      env: 'AIBENCH_JSON',
      helpGroup: 'OUTPUT',
    }),
    quiet: Flags.boolean({
      summary: 'Print only the id, or the key figures.',
      env: 'AIBENCH_QUIET',
      helpGroup: 'OUTPUT',
    }),
    'no-color': Flags.boolean({
      summary: 'Print no colours (also NO_COLOR).',
      env: 'AIBENCH_NO_COLOR',
      helpGroup: 'OUTPUT',
    }),
    'no-input': Flags.boolean({
      summary: 'Never ask for input.',
      env: 'AIBENCH_NO_INPUT',
      helpGroup: 'OUTPUT',
    }),
  }

  /** The flag that names the instance, of a command whose words mean something else. */
  static nameFlag: string | undefined

  protected flags!: FlagsOf<T>
  protected args!: ArgsOf<T>
  /** All arguments, of a command that takes any number of them. */
  protected words!: readonly string[]
  protected output!: Output
  #progress: Progress | undefined
  #data: unknown = null
  /** The one object of --json is out. */
  #isAnswered = false
  #isLeftBySignal = false
  readonly #startMs = performance.now()
  protected readonly interruption = interruptible({
    first: ({ signal }) => {
      if (!this.#isLeftBySignal) this.output?.say(STOPPING[signal])
    },
    last: (error) => this.#quit(error),
  })

  override async init(): Promise<void> {
    this.output = new Output(modeFrom(this.argv))
    const remarks = takeFormerVariables(this.ctor.flags, process.env)
    const { flags, args, argv } = await this.parse({
      flags: this.ctor.flags,
      baseFlags: (this.ctor as typeof BaseCommand).baseFlags,
      args: this.ctor.args,
      strict: this.ctor.strict,
    })
    this.flags = flags as FlagsOf<T>
    this.args = args as ArgsOf<T>
    this.words = argv as string[]
    const { json, quiet, events, 'no-color': noColor } = flags as Record<string, boolean>
    // Events are lines of JSON, of which the envelope is the last.
    this.output = new Output({ json: json || events, quiet, noColor })
    for (const remark of remarks) this.output.warn(remark)
  }

  /** What was given of the options that {@link flags} are made of. @throws UsageError for a value that is none */
  protected given<S extends OptionSet>(options: S): GivenOf<S> {
    return givenBy(options, this.flags)
  }

  /** The same, with defaults for what was not. */
  protected values<S extends OptionSet>(options: S): ValuesOf<S> {
    return over(defaultsOf(options), this.given(options))
  }

  /** The services' surroundings; loaded only by commands that need them. */
  protected context(): Promise<Context> {
    return (this.config as ProgramConfig).createContext({
      progress: this.progress,
      signal: this.interruption,
      version: this.config.version,
      warn: (text) => this.output.warn(text),
    })
  }

  protected get progress(): Progress {
    return (this.#progress ??= createProgress(this.output.mode, this.output.err))
  }

  /**
   * For what goes on until it is left, as a log that is followed: Ctrl-C is its end and no error. TERM and a hang-up keep their exit
   * codes, without words.
   */
  protected async untilLeft<T>(work: () => Promise<T>): Promise<T> {
    this.#isLeftBySignal = true
    const value = await work()
    const { reason } = this.interruption
    if (reason instanceof InterruptedError && reason.signal !== 'SIGINT') throw reason
    return value
  }

  /** The report as data, as the one value, or as text. */
  protected async show<Report>(
    report: Report,
    view: View<Report>,
    isFailing = false,
  ): Promise<void> {
    this.#data = report
    await this.#flush()
    const { json, quiet } = this.output.mode
    if (!json)
      this.output.data(quiet ? view.quiet(report) : view.text(report, this.output.out, isFailing))
  }

  /** A verdict that is no success still shows what was measured. */
  protected async showOrThrow<Report>(work: Promise<Report>, view: View<Report>): Promise<void> {
    try {
      await this.show(await work, view)
    } catch (error) {
      if (error instanceof AibenchError && error.data !== undefined && isMeasured(error))
        await this.show(error.data as Report, view, true)
      throw error
    }
  }

  override async catch(cause: Error): Promise<void> {
    const error = this.#toError(cause)
    await this.#flush()
    process.exitCode = error.exitCode
    this.output ??= new Output(modeFrom(this.argv))
    if (this.output.mode.json) this.#envelope(error)
    else if (error !== this.interruption.reason || !this.#isLeftBySignal)
      this.output.error(this.#told(error))
    if (error instanceof BugError) await this.#logBug(cause)
  }

  override async finally(error: Error | undefined): Promise<void> {
    if (!error && this.output?.mode.json) this.#envelope()
    this.#isAnswered = true
  }

  /** Nobody waits any more: what was said stands, and --json has had its one object. */
  #quit(error: InterruptedError): number {
    if (process.stderr.isTTY) process.stderr.write(SHOW_CURSOR)
    if (this.#isAnswered) return Number(process.exitCode ?? error.exitCode)
    this.output ??= new Output(modeFrom(this.argv))
    if (this.output.mode.json) this.#envelope(error)
    return error.exitCode
  }

  #envelope(error?: AibenchError): void {
    if (this.#isAnswered) return
    this.#isAnswered = true
    const id = this.id?.replaceAll(':', ' ') ?? ''
    this.output.envelope({
      schema: `aibench/${id.replaceAll(' ', '-')}/1`,
      ok: !error,
      exitCode: error?.exitCode ?? 0,
      data: this.#data ?? error?.data ?? null,
      error: error ? this.#told(error) : null,
      warnings: this.output.warnings,
      meta: {
        version: this.config.version,
        command: id,
        durationMs: Math.round(performance.now() - this.#startMs),
      },
    })
  }

  #told(error: AibenchError) {
    const command = this.id?.replaceAll(':', ' ') ?? ''
    const short = lettersOf(this.ctor.flags ?? {})
    const typed = { command, argv: this.argv, short, nameFlag: this.#nameFlag() }
    return errorRecord(error, finishedHints(error, typed))
  }

  /** Undefined of a command whose first word it is. */
  #nameFlag(): string | undefined {
    const { nameFlag, args } = this.ctor as typeof BaseCommand
    return nameFlag ?? (Object.hasOwn(args ?? {}, 'name') ? undefined : '--name')
  }

  /** Whatever flew while we were being interrupted, the interruption is the reason. */
  #toError(cause: Error): AibenchError {
    const { aborted, reason } = this.interruption
    if (aborted && reason instanceof InterruptedError) {
      if (cause instanceof InterruptedError) return cause
      const isOurs = cause instanceof AibenchError && !(cause instanceof BugError)
      const data = isOurs ? cause.data : undefined
      return data === undefined ? reason : new InterruptedError(reason.signal, { data })
    }
    return asAibenchError(cause, this.id?.replaceAll(':', ' ') ?? '')
  }

  async #flush(): Promise<void> {
    if (this.#progress) await flushProgress(this.#progress)
  }

  async #logBug(cause: Error): Promise<void> {
    const { logBug } = await import('./bug-log.js')
    const path = await logBug(cause, this.config.version, this.id ?? '')
    if (path) this.output?.say(`  details: ${path}`)
  }
}

const STOPPING: Readonly<Record<InterruptedError['signal'], string>> = {
  SIGINT: 'stopping…; press Ctrl-C again to quit immediately',
  SIGTERM: 'stopping, because of SIGTERM',
  SIGHUP: 'stopping, because of SIGHUP',
}

/** A line that is drawn hides it. */
const SHOW_CURSOR = '\u001b[?25h'

/** 3: the disk was full while it was recorded. */
function isMeasured({ exitCode }: AibenchError): boolean {
  return [99, 10, 6, 3, 130, 143, 129].includes(exitCode)
}

/** What a flag that is set by a variable takes for yes. Source: the flag parser of @oclif/core. */
function isTruthy(value: string | undefined): boolean {
  return ['1', 'true', 'y', 'yes'].includes(value?.toLowerCase() ?? '')
}

/** Before the flags are parsed, or when they can't be. */
export function modeFrom(argv: readonly string[]): {
  json: boolean
  quiet: boolean
  noColor: boolean
} {
  const end = argv.indexOf('--')
  const flags = end < 0 ? argv : argv.slice(0, end)
  const given = (name: string) =>
    flags.includes(`--${name}`) ||
    isTruthy(process.env[`AIBENCH_${name.toUpperCase().replace('-', '_')}`])
  return {
    json: given('json') || flags.includes('--events'),
    quiet: given('quiet'),
    noColor: given('no-color'),
  }
}
