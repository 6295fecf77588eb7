import * as Flags from '@oclif/core/flags'
import type * as Interfaces from '@oclif/core/interfaces'
import { printable } from '../../platform/printable.js'
import { dryRunView } from './dry-run-view.js'
import { instanceView, startView, stopView } from './instance-view.js'
import { saveView } from '../../app/small-views.js'
import { BaseCommand } from '../../cli/base-command.js'
import { TextEnd, writeOut } from '../../cli/stream-out.js'
import { jobFlags, jobSettingsFrom } from './job-flags.js'
import { nameArg, resourcesFrom, schedulerFlags, timeFrom, waitFlags } from './flags.js'

/** The commands that every service has, made from its words: their flags, texts and reports differ in nothing else. */

export interface ServiceWords {
  /** As it is typed, and as the registry knows it: `chroma`. */
  kind: string
  /** As it is written in sentences: `Chroma`. */
  title: string
  /** How long a start is waited for unless said otherwise. */
  startTimeout: string
  /** The same of a check. */
  checkTimeout: string
}

export const CHROMA: ServiceWords = {
  kind: 'chroma',
  title: 'Chroma',
  startTimeout: '30m',
  checkTimeout: '10m',
}

/** Weights of hundreds of GiB are loaded in that time, after a queue. */
export const VLLM: ServiceWords = {
  kind: 'vllm',
  title: 'vLLM',
  startTimeout: '60m',
  checkTimeout: '60m',
}

interface StartParts<F extends Interfaces.FlagInput> {
  examples: readonly string[]
  /** Of this service alone. */
  flags: F
  optionsFrom(flags: Interfaces.InferredFlags<F>): Record<string, unknown>
}

export function startCommand<F extends Interfaces.FlagInput>(
  { kind, title, startTimeout }: ServiceWords,
  { examples, flags, optionsFrom }: StartParts<F>,
) {
  const shared = {
    name: Flags.string({
      summary: 'Name the instance.',
      default: kind,
      helpGroup: 'SERVER',
    }),
    'dry-run': Flags.boolean({
      summary: 'Show what would be submitted, and submit nothing.',
      helpGroup: 'SERVER',
    }),
    ...waitFlags(startTimeout),
    ...schedulerFlags,
    ...jobFlags,
  }
  const { name, ...rest } = shared
  return class Start extends BaseCommand<typeof Start> {
    static override summary = `Start a ${title} server, as a Slurm job or on this machine.`
    static override examples = examplesOf(kind, examples)
    static override flags = { name, ...flags, ...rest }

    async run(): Promise<void> {
      const { startInstance, planStart } = await import('../start.js')
      const given = this.flags as Interfaces.InferredFlags<typeof shared>
      const request = {
        service: kind,
        name: given.name,
        options: optionsFrom(this.flags as Interfaces.InferredFlags<F>),
        ...resourcesFrom(given),
        job: jobSettingsFrom(given),
        wait: given.wait,
        timeoutMs: timeFrom(given.timeout, 'timeout'),
      }
      // It was seconds in 0.1.0.
      if (/^\d+$/.test(given.time ?? ''))
        this.output.say(`--time ${given.time} is in minutes, as for sbatch`)
      const context = await this.context()
      if (given['dry-run'])
        return this.show(await planStart(context, request), {
          text: dryRunView,
          quiet: ({ argv }) => argv.join(' '),
        })
      return this.show(await startInstance(context, request), {
        text: startView,
        quiet: ({ instance }) => instance.name,
      })
    }
  }
}

export function checkCommand({ kind, title, checkTimeout }: ServiceWords) {
  return class Check extends BaseCommand<typeof Check> {
    static override summary = `Show whether a ${title} server is ready, where it runs, and how much time is left.`
    static override examples = examplesOf(kind, ['check', 'check --wait --timeout 10m --json'])
    static override args = { name: nameArg(title) }
    static override flags = { ...waitFlags(checkTimeout) }

    async run(): Promise<void> {
      const { checkInstance } = await import('../check.js')
      const report = await checkInstance(await this.context(), {
        service: kind,
        name: this.args.name,
        wait: this.flags.wait,
        timeoutMs: timeFrom(this.flags.timeout, 'timeout'),
      })
      return this.show(report, { text: instanceView, quiet: ({ summary }) => summary })
    }
  }
}

export function logsCommand({ kind, title }: ServiceWords) {
  return class Logs extends BaseCommand<typeof Logs> {
    static override summary = `Show the log of a ${title} server.`
    static override examples = examplesOf(kind, ['logs -n 50', 'logs --stderr'])
    static override args = { name: nameArg(title) }
    static override flags = {
      follow: Flags.boolean({
        char: 'f',
        summary: 'Keep printing until the server ends.',
      }),
      stderr: Flags.boolean({ summary: 'Show the error log.' }),
      lines: Flags.integer({
        char: 'n',
        min: 0,
        summary: 'Print the last N lines.',
        default: 200,
      }),
    }

    async run(): Promise<void> {
      const { readLogs } = await import('../logs.js')
      const { json } = this.output.mode
      const end = new TextEnd()
      const context = await this.context()
      const read = () =>
        readLogs(context, {
          service: kind,
          name: this.args.name,
          stream: this.flags.stderr ? 'stderr' : 'stdout',
          lines: this.flags.lines,
          follow: this.flags.follow,
          write: (text) => (json ? end.push(text) : writeOut(printable(text))),
        })
      const report = await (this.flags.follow ? this.untilLeft(read) : read())
      if (end.dropped > 0)
        this.output.warn(`only the last part is given; ${end.dropped} letters before it are not`)
      return this.show(
        { ...report, ...(json ? { text: end.text } : {}) },
        { text: () => '', quiet: () => '' },
      )
    }
  }
}

export function saveCommand({ kind, title }: ServiceWords) {
  return class Save extends BaseCommand<typeof Save> {
    static override summary = `Save the logs and results of a ${title} server to a zip file, verified by reading it back.`
    static override examples = examplesOf(kind, ['save', `save -o ${kind}.zip --json`])
    static override args = { name: nameArg(title) }
    static override flags = {
      output: Flags.string({ char: 'o', summary: 'Write to FILE.zip, or into this folder.' }),
      force: Flags.boolean({ summary: 'Replace the file if it exists.' }),
    }

    async run(): Promise<void> {
      const { saveInstance } = await import('../save.js')
      const report = await saveInstance(await this.context(), {
        service: kind,
        name: this.args.name,
        out: this.flags.output,
        force: this.flags.force,
      })
      return this.show(report, { text: saveView, quiet: ({ path }) => path })
    }
  }
}

export function stopCommand({ kind, title }: ServiceWords) {
  return class Stop extends BaseCommand<typeof Stop> {
    static override summary = `Stop a ${title} server gracefully, then kill it after --timeout.`
    static override examples = examplesOf(kind, ['stop', 'stop --timeout 10s --json'])
    static override args = { name: nameArg(title) }
    static override flags = {
      timeout: Flags.string({
        summary: 'Wait TIME for it to end gracefully.',
        default: '60s',
        env: 'AIBENCH_TIMEOUT',
      }),
      force: Flags.boolean({ summary: 'Kill it immediately.' }),
    }

    async run(): Promise<void> {
      const { stopInstance } = await import('../stop.js')
      const report = await stopInstance(await this.context(), {
        service: kind,
        name: this.args.name,
        timeoutMs: timeFrom(this.flags.timeout, 'timeout'),
        force: this.flags.force,
      })
      return this.show(report, { text: stopView, quiet: ({ name }) => name })
    }
  }
}

function examplesOf(kind: string, lines: readonly string[]): string[] {
  return lines.map((line) => `<%= config.bin %> ${kind} ${line}`)
}
