import type * as Interfaces from '@oclif/core/interfaces'
import { printable } from '../../platform/printable.js'
import { dryRunView } from './dry-run-view.js'
import { instanceView, startView, stopView } from './instance-view.js'
import { saveView } from './save-view.js'
import { asking, canAsk, type Ask } from '../../cli/ask.js'
import { BaseCommand } from '../../cli/base-command.js'
import { TextEnd, writeOut } from '../../cli/stream-out.js'
import { flagsFrom } from '../../cli/option-flags.js'
import { alike, type GivenOf, type OptionSet } from '../../options/set.js'
import { duration, integer, path, text, toggle } from '../../options/types.js'
import { UsageError } from '../../platform/errors.js'
import type { Style } from '../../report/style.js'
import type { Resources } from '../../scheduler/contract.js'
import type { Context, WorkloadWords } from '../contract.js'
import type { StopReport } from '../reports.js'
import {
  guestOptions,
  jobSettingOptions,
  resourceOptions,
  schedulerOptions,
  waitOptions,
} from '../options.js'
import { memberArg, nameArg } from './name-arg.js'

/** The commands that all that runs as a job has, made from its words: their flags, texts and reports differ in nothing else. */

interface StartParts<S extends OptionSet> {
  /** What it does, where that is not to start a server. */
  summary?: string
  /** What its instances are called unless they are named: with a number where that is taken. By default the service's name. */
  usualName?: string
  examples: readonly string[]
  /** Whether it can run in an allocation that is held. Default: what is a job and no server can. */
  canBeGuest?: boolean
  /** What comes after `--` belongs to a program of its own, of this name; here it is kept as `args`. */
  passesTo?: string
  /** Of this service alone. */
  options: S
  /** Shown of a job that was waited for, in place of how it ended: what it measured. */
  resultOf?(context: Context, id: string): Promise<{ run: unknown; text(style: Style): string }>
  /** Of a person at a terminal, in place of what was given. */
  askFor?(
    context: Context,
    given: GivenOf<S>,
    resources: Partial<Resources>,
    ask: Ask,
  ): Promise<GivenOf<S>>
  /** What a start takes, where that is not the options as they are given. */
  optionsFrom?(given: GivenOf<S>): Record<string, unknown>
}

export function startCommand<S extends OptionSet>(
  { kind, title, noun = 'server', startTimeoutMs }: WorkloadWords,
  {
    summary = `Start a ${title} ${noun}, as a Slurm job or on this machine.`,
    usualName,
    canBeGuest = noun === 'job',
    passesTo,
    examples,
    options,
    optionsFrom = (given) => given,
    resultOf,
    askFor,
  }: StartParts<S>,
) {
  const named =
    usualName === undefined
      ? text({ summary: 'Name the instance.', default: kind })
      : text({ summary: `Name the run. Default ${usualName}, with a number where that is taken.` })
  const group = noun === 'job' ? 'JOB' : 'SERVER'
  const naming = alike({ group, env: null }, { name: named })
  const starting = {
    ...alike(
      { group, env: null },
      { dryRun: toggle({ summary: 'Show what would be submitted, and submit nothing.' }) },
    ),
    ...waitOptions(startTimeoutMs),
    ...schedulerOptions,
  }
  const guest: Partial<typeof guestOptions> = canBeGuest ? guestOptions : {}
  const all = {
    ...naming,
    ...options,
    ...starting,
    ...guest,
    ...resourceOptions,
    ...jobSettingOptions,
  }
  return class Start extends BaseCommand<typeof Start> {
    static override summary = summary
    static override examples = examplesOf(kind, examples)
    static override flags = flagsFrom(all, kind)
    static override strict = passesTo === undefined

    async run(): Promise<void> {
      const { startInstance, planStart } = await import('../start.js')
      const { dryRun, wait = false, timeoutMs = startTimeoutMs, scheduler } = this.given(starting)
      const resources = this.given(resourceOptions)
      const context = await this.context()
      const typed = this.given(options)
      const given =
        askFor && canAsk(this.flags)
          ? await asking((ask) => askFor(context, typed, resources, ask), context)
          : typed
      const request = {
        service: kind,
        name: this.given(naming).name,
        usualName,
        in: canBeGuest ? this.given(guestOptions).in : undefined,
        options: {
          ...optionsFrom(given),
          ...(passesTo === undefined ? {} : { args: passedTo(passesTo, this.argv, this.words) }),
        },
        scheduler,
        resources,
        job: this.given(jobSettingOptions),
        wait,
        timeoutMs,
      }
      // It was seconds in 0.1.0.
      const { time = '' } = this.flags as { time?: string }
      if (/^\d+$/.test(time)) this.output.say(`--time ${time} is in minutes, as for sbatch`)
      if (dryRun)
        return this.show(await planStart(context, request), {
          text: dryRunView,
          quiet: ({ argv }) => argv.join(' '),
        })
      const report = await startInstance(context, request)
      const isDone = wait && report.instance.phase === 'ended'
      const result = isDone ? await resultOf?.(context, report.instance.id) : undefined
      return this.show(result ? { ...report, run: result.run } : report, {
        text: (shown, style) => result?.text(style) ?? startView(shown, style),
        quiet: ({ instance }) => instance.name,
      })
    }
  }
}

/** @throws UsageError for a word that is neither a flag of ours nor after `--` */
function passedTo(
  program: string,
  argv: readonly string[],
  words: readonly string[],
): readonly string[] {
  const begin = argv.indexOf('--')
  const passed = begin < 0 ? [] : argv.slice(begin + 1)
  if (words.length > passed.length)
    throw new UsageError(`Unexpected "${words[0]}": what ${program} is told comes after --`, {
      typed: words[0],
    })
  return passed
}

export function checkCommand({ kind, title, noun = 'server', checkTimeoutMs }: WorkloadWords) {
  const asked = noun === 'job' ? 'is done' : 'is ready'
  const options = waitOptions(checkTimeoutMs)
  return class Check extends BaseCommand<typeof Check> {
    static override summary = `Show whether a ${title} ${noun} ${asked}, where it runs, and how much time is left.`
    static override examples = examplesOf(kind, ['check', 'check --wait --timeout 10m --json'])
    static override args = { name: nameArg(title) }
    static override flags = flagsFrom(options)

    async run(): Promise<void> {
      const { checkInstance } = await import('../check.js')
      const report = await checkInstance(await this.context(), {
        service: kind,
        name: this.args.name,
        ...this.values(options),
      })
      return this.show(report, { text: instanceView, quiet: ({ summary }) => summary })
    }
  }
}

const logOptions = alike(
  { env: null },
  {
    follow: toggle({ char: 'f', summary: 'Keep printing until the server ends.' }),
    stderr: toggle({ summary: 'Show the error log.' }),
    lines: integer({ char: 'n', min: 0, summary: 'Print the last N lines.', default: 200 }),
  },
)

export function logsCommand({ kind, title, noun = 'server' }: WorkloadWords) {
  const name = nameArg(title)
  const member = memberArg(title)
  return class Logs extends BaseCommand<typeof Logs> {
    static override summary = `Show the log of a ${title} ${noun}.`
    static override examples = examplesOf(kind, ['logs -n 50', 'logs --stderr'])
    static override args: Interfaces.ArgInput = noun === 'stack' ? { name, member } : { name }
    static override flags = flagsFrom(logOptions)

    async run(): Promise<void> {
      const { readLogs } = await import('../logs.js')
      const { json } = this.output.mode
      const { follow, stderr, lines } = this.values(logOptions)
      const end = new TextEnd()
      const context = await this.context()
      const read = () =>
        readLogs(context, {
          service: kind,
          ...(this.args as { name?: string; member?: string }),
          stream: stderr ? 'stderr' : 'stdout',
          lines,
          follow,
          write: (text) => (json ? end.push(text) : writeOut(printable(text))),
        })
      const report = await (follow ? this.untilLeft(read) : read())
      if (end.dropped > 0)
        this.output.warn(`only the last part is given; ${end.dropped} letters before it are not`)
      return this.show(
        { ...report, ...(json ? { text: end.text } : {}) },
        { text: () => '', quiet: () => '' },
      )
    }
  }
}

const saveOptions = alike(
  { env: null },
  {
    output: path({ char: 'o', summary: 'Write to FILE.zip, or into this folder.' }),
    force: toggle({ summary: 'Replace the file if it exists.' }),
  },
)

export function saveCommand({ kind, title, noun = 'server' }: WorkloadWords) {
  return class Save extends BaseCommand<typeof Save> {
    static override summary = `Save the logs and results of a ${title} ${noun} to a zip file, verified by reading it back.`
    static override examples = examplesOf(kind, ['save', `save -o ${kind}.zip --json`])
    static override args = { name: nameArg(title) }
    static override flags = flagsFrom(saveOptions)

    async run(): Promise<void> {
      const { saveInstance } = await import('../save.js')
      const { output, force = false } = this.given(saveOptions)
      const report = await saveInstance(await this.context(), {
        service: kind,
        name: this.args.name,
        out: output,
        force,
      })
      return this.show(report, { text: saveView, quiet: ({ path }) => path })
    }
  }
}

const stopOptions = {
  timeoutMs: duration({
    summary: 'Wait TIME for it to end gracefully. Default 60s.',
    default: 60_000,
    env: 'AIBENCH_STOP_TIMEOUT',
  }),
  force: toggle({ summary: 'Kill it immediately.', env: null }),
}

interface StopParts<S extends OptionSet> {
  examples?: readonly string[]
  options: S
  /** Done once it has stopped, as the options say. What it gives back is added to the report, and its text to what is shown. */
  afterwards(
    context: Context,
    stopped: StopReport,
    given: GivenOf<S>,
  ): Promise<{ data: object; text: string }>
}

export function stopCommand<S extends OptionSet = Record<never, never>>(
  { kind, title, noun = 'server' }: WorkloadWords,
  { examples = [], options, afterwards }: Partial<StopParts<S>> = {},
) {
  return class Stop extends BaseCommand<typeof Stop> {
    static override summary = `Stop a ${title} ${noun} gracefully, then kill it after --timeout.`
    static override examples = examplesOf(kind, ['stop', 'stop --timeout 10s --json', ...examples])
    static override args = { name: nameArg(title) }
    static override flags = flagsFrom({ ...stopOptions, ...options })

    async run(): Promise<void> {
      const { stopInstance } = await import('../stop.js')
      const context = await this.context()
      const report = await stopInstance(context, {
        service: kind,
        name: this.args.name,
        ...this.values(stopOptions),
      })
      const more = options && (await afterwards?.(context, report, this.given(options)))
      return this.show(
        { ...report, ...more?.data },
        {
          text: (shown, style) => [stopView(shown, style), more?.text].filter(Boolean).join('\n'),
          quiet: ({ name }) => name,
        },
      )
    }
  }
}

function examplesOf(kind: string, lines: readonly string[]): string[] {
  return lines.map((line) => `<%= config.bin %> ${kind} ${line}`)
}
