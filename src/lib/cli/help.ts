import { chooseStyle, forTerminal, type Style } from '../report/style.js'
import { commandHelp, commandRows, rows } from './command-help.js'
import { TOPIC_SUMMARIES, topicsOf, type Manifest } from './manifest.js'
import { TOPIC_PAGES } from './help-pages.js'

/** By use; what is not named here comes in the middle. */
const ORDER = ['status', 'vllm', 'chroma', 'wait', '…', 'runs', 'config', 'state', 'completion']

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
  const page = Object.hasOwn(TOPIC_PAGES, words[0]) ? TOPIC_PAGES[words[0]] : undefined
  if (page && words.length === 1) return page(manifest, style)
  const id = [2, 1]
    .map((n) => words.slice(0, n).join(':'))
    .find((candidate) => Object.hasOwn(manifest.commands, candidate))
  if (id) return commandHelp(manifest.commands[id], style)
  return topicsOf(manifest).includes(words[0]) && words.length === 1
    ? topicHelp(manifest, words[0], style)
    : undefined
}

/** 24 lines at 80 columns: nothing of it may scroll off. */
function rootHelp(manifest: Manifest, style: Style): string {
  return [
    'Start, watch, benchmark, archive and stop the parts of an AI factory.',
    '',
    style.strong('FIRST STEPS'),
    '  aibench vllm start --simulate --wait && aibench vllm bench -n 100',
    '  aibench chroma install && aibench chroma start --wait',
    '  aibench chroma bench && aibench chroma save && aibench chroma stop',
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
        ['help metrics', 'What the figures of vllm bench mean.'],
        ['help exit-codes', 'What exit codes mean; also: help environment, help files.'],
        ['--version', 'Print the version.'],
      ],
      style,
    ),
    '',
    style.quiet('Add --help to any command for its flags and examples.'),
  ].join('\n')
}

function topLevel(manifest: Manifest): { name: string; summary: string }[] {
  const commands = Object.values(manifest.commands).filter(({ id }) => !id.includes(':'))
  return [
    ...topicsOf(manifest).map((name) => ({ name, summary: TOPIC_SUMMARIES[name] ?? '' })),
    ...commands.map(({ id, summary = '' }) => ({ name: id, summary })),
  ].sort((a, b) => rankOf(a.name) - rankOf(b.name))
}

function rankOf(name: string): number {
  const rank = ORDER.indexOf(name)
  return rank < 0 ? ORDER.indexOf('…') : rank
}

function topicHelp(manifest: Manifest, topic: string, style: Style): string {
  return [
    TOPIC_SUMMARIES[topic] ?? topic,
    '',
    style.strong('COMMANDS'),
    ...rows(commandRows(manifest, topic), style),
    '',
    style.quiet('Add --help to any of them for its flags and examples.'),
  ].join('\n')
}
