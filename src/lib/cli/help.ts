import { chooseStyle, forTerminal, type Style } from '../report/style.js'
import { commandHelp, commandRows, rows } from './command-help.js'
import { topicSummary, type Manifest } from './manifest.js'
import { pageText } from './help-pages.js'
import { wrapWords } from '../report/wrap.js'

/** By use: after the first come the services, after the second all that is not named here. */
const ORDER = ['status', 'SERVICES', 'wait', '…', 'runs', 'config', 'state', 'completion']

/** Most read help at 80 or 100 columns; longer lines are hard to read. */
const WIDEST = 100
const PIPED = 80

/** The help of the whole, of a topic, a command or a page. @returns undefined when there is no such thing */
export function helpFor(
  manifest: Manifest,
  words: readonly string[],
  argv: readonly string[],
): { text: string; print(): void } | undefined {
  const { columns, isTTY } = process.stdout
  const style = chooseStyle({
    isTty: isTTY,
    columns: Math.min(WIDEST, (isTTY && columns) || PIPED),
    noColorFlag: argv.includes('--no-color'),
    variables: process.env,
  })
  const text = helpText(manifest, words, style)
  if (text === undefined) return undefined
  return { text, print: () => process.stdout.write(forTerminal(text + '\n')) }
}

export function helpText(
  manifest: Manifest,
  words: readonly string[],
  style: Style,
): string | undefined {
  if (words.length === 0) return rootHelp(manifest, style)
  const page = words.length === 1 ? pageText(manifest, words[0], style) : undefined
  if (page !== undefined) return page
  const id = [3, 2, 1]
    .map((n) => words.slice(0, n).join(':'))
    .find((candidate) => Object.hasOwn(manifest.commands, candidate))
  if (id) return commandHelp(manifest.commands[id], style)
  const summary = topicSummary(manifest, words)
  return summary === undefined ? undefined : topicHelp(manifest, words, summary, style)
}

/** 24 lines at 80 columns: nothing of it may scroll off. */
function rootHelp(manifest: Manifest, style: Style): string {
  return [
    'Start, watch, benchmark, archive and stop the parts of an AI factory.',
    '',
    style.strong('FIRST STEPS'),
    ...Object.values(manifest.topics).flatMap(({ firstSteps = [] }) =>
      firstSteps.map((commands) => `  ${commands.join(' && ')}`),
    ),
    '',
    style.strong('COMMANDS'),
    ...rows(
      topLevel(manifest).map(({ name, summary }) => [name, summary]),
      style,
    ),
    '',
    style.strong('MORE HELP'),
    ...rows(
      [
        ...Object.entries(manifest.pages).map(
          ([name, { summary }]) => [`help ${name}`, summary] as const,
        ),
        ['help exit-codes', 'What exit codes mean; also: help environment, help files.'],
      ],
      style,
    ),
    style.quiet('Add --help to any command for its flags; --version prints the version.'),
  ].join('\n')
}

function topLevel(manifest: Manifest): { name: string; summary: string }[] {
  const commands = Object.values(manifest.commands).filter(({ id }) => !id.includes(':'))
  return [
    ...Object.entries(manifest.topics).map(([name, { summary }]) => ({ name, summary })),
    ...commands.map(({ id, summary = '' }) => ({ name: id, summary })),
  ].sort((a, b) => rankOf(manifest, a.name) - rankOf(manifest, b.name))
}

function rankOf({ topics }: Manifest, name: string): number {
  const isService = Object.hasOwn(topics, name) && topics[name].isService
  const rank = ORDER.indexOf(isService ? 'SERVICES' : name)
  return rank < 0 ? ORDER.indexOf('…') : rank
}

function topicHelp(
  manifest: Manifest,
  words: readonly string[],
  summary: string,
  style: Style,
): string {
  return [
    ...wrapWords(summary, style.columns),
    '',
    style.strong('COMMANDS'),
    ...rows(commandRows(manifest, words.join(':')), style),
    '',
    style.quiet('Add --help to any of them for its flags and examples.'),
  ].join('\n')
}
