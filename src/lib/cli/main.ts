import { aibench } from '../platform/command-line.js'
import { UsageError } from '../platform/errors.js'
import { modeFrom } from './base-command.js'
import { lastWords } from './last-words.js'
import { findCommand, readManifest, topicSummary, type Manifest } from './manifest.js'
import { errorRecord, Output, type Envelope } from './output.js'
import type { Program } from './run-command.js'

/** From the command line to the command: version, help, then the one module that is needed. */
export async function main(
  given: readonly string[],
  root: string,
  program: Program,
): Promise<void> {
  // Also for what is written for us: Slurm opens a job's logs with the mask of its submitter.
  process.umask(0o077)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader has had enough (| head): that is no failure.
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  const argv = flagsLast(given)
  const manifest = readManifest(root)
  const end = (error: unknown) => lastWords(error, argv, manifest.version)
  process.once('uncaughtException', (error) => {
    end(error)
    process.exit()
  })
  await route(manifest, argv, root, program).catch(end)
}

async function route(
  manifest: Manifest,
  argv: readonly string[],
  root: string,
  program: Program,
): Promise<void> {
  const found = findCommand(manifest, argv)
  if (wantsHelp(manifest, argv, found !== undefined)) return showHelp(manifest, argv)
  if (argv.includes('--version') && !found) return showVersion(manifest, argv)
  if (!found) return unknownCommand(manifest, wordsOf(argv), argv)
  const { runCommand } = await import('./run-command.js')
  await runCommand(found.id, found.rest, root, program)
}

const ANYWHERE = ['--json', '--quiet', '--no-color', '--no-input']

/** `aibench --json status`: what any command takes may stand before it too. */
function flagsLast(argv: readonly string[]): readonly string[] {
  const first = argv.findIndex((word) => !ANYWHERE.includes(word))
  return first > 0 ? [...argv.slice(first), ...argv.slice(0, first)] : argv
}

function wantsHelp(manifest: Manifest, argv: readonly string[], isFound: boolean): boolean {
  if (argv[0] === 'help') return true
  if (beforeDashes(argv).some((word) => word === '--help' || word === '-h')) return true
  if (isFound) return false
  const isBare = argv.every((word) => ANYWHERE.includes(word))
  const words = argv.slice(0, wordsBefore(argv))
  const isTopic =
    topicSummary(manifest, words) !== undefined && argv.slice(words.length).every(isFlag)
  return isBare || isTopic
}

async function showHelp(manifest: Manifest, argv: readonly string[]): Promise<void> {
  const { helpFor } = await import('./help.js')
  const words = wordsOf(argv).filter((word, i) => !(i === 0 && word === 'help'))
  const help = helpFor(manifest, words, argv)
  if (!help) return unknownCommand(manifest, words, argv)
  const command = ['help', ...words].join(' ')
  if (!modeFrom(argv).json) return help.print()
  emit(manifest, argv, { schema: 'aibench/help/1', command, data: { text: help.text } })
}

function showVersion(manifest: Manifest, argv: readonly string[]): void {
  const { version } = manifest
  if (!modeFrom(argv).json)
    return void process.stdout.write(`aibench ${version} node ${process.version}\n`)
  const data = { version, node: process.version }
  emit(manifest, argv, { schema: 'aibench/version/1', command: 'version', data })
}

async function unknownCommand(
  manifest: Manifest,
  words: readonly string[],
  argv: readonly string[],
): Promise<void> {
  const { suggestCommand } = await import('./suggestions.js')
  const isWithin = topicSummary(manifest, words.slice(0, 2)) !== undefined
  const typed = words.slice(0, isWithin ? 3 : 2).join(' ')
  const meant = suggestCommand(manifest, words)
  const isTopic = meant && topicSummary(manifest, meant.command.split(' ')) !== undefined
  const rest = argv.slice(argv[0] === 'help' ? 1 : 0).slice(meant?.replaces)
  const error = new UsageError(
    `There is no command "${typed}"${meant ? `; did you mean "${meant.command}"?` : ''}`,
    {
      code: 'AIB_COMMAND_UNKNOWN',
      hints: [
        ...(meant ? [aibench(...meant.command.split(' '), ...(isTopic ? ['--help'] : rest))] : []),
        'aibench help',
      ],
    },
  )
  process.exitCode = 127
  if (!modeFrom(argv).json) return new Output(modeFrom(argv)).error(error)
  emit(manifest, argv, { schema: 'aibench/unknown/1', command: typed, data: null, error })
}

function emit(
  { version }: Manifest,
  argv: readonly string[],
  {
    schema,
    command,
    data,
    error,
  }: Pick<Envelope, 'schema' | 'data'> & {
    command: string
    error?: UsageError
  },
): void {
  new Output(modeFrom(argv)).envelope({
    ...{ schema, data },
    ok: !error,
    exitCode: error ? 127 : 0,
    error: error ? errorRecord(error) : null,
    warnings: [],
    meta: { version, command, durationMs: Math.round(performance.now()) },
  })
}

function wordsOf(argv: readonly string[]): string[] {
  return argv.filter((word) => !isFlag(word))
}

function wordsBefore(argv: readonly string[]): number {
  const first = argv.findIndex(isFlag)
  return first < 0 ? argv.length : first
}

function isFlag(word: string): boolean {
  return word.startsWith('-')
}

function beforeDashes(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--')
  return end < 0 ? argv : argv.slice(0, end)
}
