import { nearest } from '../platform/nearest.js'
import { UsageError } from '../platform/errors.js'
import { modeFrom } from './base-command.js'
import { findCommand, readManifest, spoken, topicsOf, type Manifest } from './manifest.js'
import { errorRecord, Output } from './output.js'

/** From the command line to the command: version, help, then the one module that is needed. */
export async function main(argv: readonly string[], root: string): Promise<void> {
  // Also for what is written for us: Slurm opens a job's logs with the mask of its submitter.
  process.umask(0o077)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader has had enough (| head): that is no failure.
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  const manifest = readManifest(root)
  const found = findCommand(manifest, argv)
  const wantsHelp =
    argv[0] === 'help' || beforeDashes(argv).some((word) => word === '--help' || word === '-h')
  if (
    wantsHelp ||
    argv.length === 0 ||
    (!found &&
      topicsOf(manifest).includes(argv[0]) &&
      argv.slice(1).every((word) => word.startsWith('-')))
  ) {
    const { help } = await import('./help.js')
    const words = argv.filter((word, i) => !word.startsWith('-') && !(i === 0 && word === 'help'))
    if (help(manifest, words)) return
    return unknownCommand(manifest, words, argv)
  }
  if (!found)
    return unknownCommand(
      manifest,
      argv.filter((word) => !word.startsWith('-')),
      argv,
    )
  const { runCommand } = await import('./run-command.js')
  await runCommand(found.id, found.rest, root)
}

function beforeDashes(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--')
  return end < 0 ? argv : argv.slice(0, end)
}

function unknownCommand(
  manifest: Manifest,
  words: readonly string[],
  argv: readonly string[],
): void {
  const typed = words.slice(0, 2).join(' ')
  const suggestion = suggestCommand(manifest, words)
  const error = new UsageError(
    `There is no command "${typed}"${suggestion ? `; did you mean "${suggestion}"?` : ''}`,
    {
      code: 'AIB_COMMAND_UNKNOWN',
      hints: suggestion
        ? [
            `aibench ${[suggestion, ...words.slice(suggestion.split(' ').length)].join(' ')}`,
            'aibench help',
          ]
        : ['aibench help'],
    },
  )
  process.exitCode = 127
  const output = new Output(modeFrom(argv))
  if (!output.mode.json) return output.error(error)
  output.envelope({
    schema: 'aibench/unknown/1',
    ok: false,
    exitCode: 127,
    data: null,
    error: errorRecord(error),
    warnings: [],
    meta: { version: manifest.version, command: typed, durationMs: 0 },
  })
}

/** Also for the other word order, `start chroma`: that is how the predecessor of this tool was typed. */
export function suggestCommand(manifest: Manifest, words: readonly string[]): string | undefined {
  const known = Object.keys(manifest.commands).map(spoken)
  const turned = [words[1], words[0]].filter(Boolean).join(' ')
  if (known.includes(turned)) return turned
  return (
    nearest(words.slice(0, 2).join(' '), known) ??
    nearest(turned, known) ??
    nearest(words[0] ?? '', known)
  )
}
