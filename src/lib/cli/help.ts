import { chooseStyle, forTerminal, type Style } from '../report/style.js'
import { wrapWords } from '../report/wrap.js'
import { EXIT_CODES } from './exit-codes.js'
import {
  spoken,
  topicsOf,
  type Manifest,
  type ManifestCommand,
  type ManifestFlag,
} from './manifest.js'
import { TOPIC_PAGES } from './help-pages.js'

const TOPIC_SUMMARIES: Readonly<Record<string, string>> = {
  chroma: 'Run and benchmark a Chroma vector database.',
  vllm: 'Run and benchmark a vLLM inference server, on one node or many.',
  runs: 'Look at benchmark runs.',
  state: 'Look at and mend what aibench knows.',
  config: 'Read and write your settings.',
}

/** Prints help. @returns false when there is no such command, topic or page */
export function help(manifest: Manifest, words: readonly string[]): boolean {
  const style = chooseStyle({
    isTty: process.stdout.isTTY,
    columns: process.stdout.columns,
    noColorFlag: process.argv.includes('--no-color'),
    variables: process.env,
  })
  const text = helpText(manifest, words, { ...style, columns: Math.min(style.columns, 100) })
  if (text !== undefined) process.stdout.write(forTerminal(text) + '\n')
  return text !== undefined
}

export function helpText(
  manifest: Manifest,
  words: readonly string[],
  style: Style,
): string | undefined {
  if (words.length === 0) return rootHelp(manifest, style)
  const page = TOPIC_PAGES[words[0]]
  if (page && words.length === 1) return page(manifest, style)
  const id = [2, 1]
    .map((n) => words.slice(0, n).join(':'))
    .find((candidate) => candidate in manifest.commands)
  if (id) return commandHelp(manifest.commands[id], style)
  return topicsOf(manifest).includes(words[0]) && words.length === 1
    ? topicHelp(manifest, words[0], style)
    : undefined
}

function rootHelp(manifest: Manifest, style: Style): string {
  const top = Object.values(manifest.commands).filter(({ id }) => !id.includes(':'))
  return [
    'Start, watch, benchmark, archive and stop the parts of an AI factory.',
    '',
    heading('FIRST STEPS', style),
    '  aibench chroma start --wait',
    '  aibench chroma bench',
    '  aibench chroma save && aibench chroma stop',
    '  aibench vllm start --simulate --wait && aibench vllm bench',
    '',
    heading('TOPICS', style),
    ...rows(
      topicsOf(manifest).map((topic) => [topic, TOPIC_SUMMARIES[topic] ?? '']),
      style,
    ),
    '',
    heading('COMMANDS', style),
    ...rows(
      top.map(({ id, summary = '' }) => [id, summary]),
      style,
    ),
    '',
    heading('PAGES', style),
    ...rows(
      [
        ['help exit-codes', 'what each exit code means'],
        ['help environment', 'variables that are read'],
        ['help files', 'where everything is kept'],
      ],
      style,
    ),
    '',
    style.quiet('aibench TOPIC, aibench COMMAND --help'),
  ].join('\n')
}

function topicHelp(manifest: Manifest, topic: string, style: Style): string {
  const commands = Object.values(manifest.commands).filter(({ id }) => id.startsWith(`${topic}:`))
  return [
    TOPIC_SUMMARIES[topic] ?? topic,
    '',
    heading('COMMANDS', style),
    ...rows(
      commands.map(({ id, summary = '' }) => [spoken(id), summary]),
      style,
    ),
    '',
    style.quiet(`aibench ${topic} COMMAND --help`),
  ].join('\n')
}

/** Examples first: most who ask for help want something to type. */
export function commandHelp(command: ManifestCommand, style: Style): string {
  const args = Object.values(command.args)
  const usage = args.map(({ name, required }) =>
    required ? name.toUpperCase() : `[${name.toUpperCase()}]`,
  )
  const groups = new Map<string, ManifestFlag[]>()
  for (const flag of Object.values(command.flags)) {
    const group = flag.helpGroup ?? 'FLAGS'
    groups.set(group, [...(groups.get(group) ?? []), flag])
  }
  const order = [...groups.keys()].sort((a, b) => rankOf(a) - rankOf(b))
  return [
    command.summary ?? '',
    '',
    heading('EXAMPLES', style),
    ...examplesOf(command).map((example) => `  ${example}`),
    '',
    heading('USAGE', style),
    `  aibench ${[spoken(command.id), ...usage, '[flags]'].join(' ')}`,
    ...(args.length
      ? [
          '',
          heading('ARGUMENTS', style),
          ...rows(
            args.map(({ name, description = '' }) => [name.toUpperCase(), description]),
            style,
          ),
        ]
      : []),
    ...order.flatMap((group) => [
      '',
      heading(group, style),
      ...rows(groups.get(group)!.map(flagRow), style),
    ]),
    '',
    heading('EXIT CODES', style),
    ...wrapWords(
      EXIT_CODES.filter(([, , meaning]) => meaning)
        .map(([code, name]) => `${code} ${name}`)
        .join(' · '),
      style.columns - 2,
    ).map((line) => `  ${line}`),
    style.quiet('  aibench help exit-codes'),
  ].join('\n')
}

/** What it is about comes first, what it prints last; the others as they are written. */
function rankOf(group: string): number {
  return group === 'MODEL' ? -1 : Number(group === 'OUTPUT')
}

export function examplesOf({ examples = [] }: ManifestCommand): string[] {
  return examples.map((example) => example.replaceAll('<%= config.bin %>', 'aibench'))
}

function flagRow(flag: ManifestFlag): [string, string] {
  const value =
    flag.type === 'boolean'
      ? ''
      : flag.options
        ? ` ${flag.options.join('|')}`
        : ` ${flag.helpValue ?? flag.name.toUpperCase().split('-').at(-1)}`
  const name = `${flag.char ? `-${flag.char}, ` : ''}--${flag.name}${value}`
  const isShown = flag.default !== undefined && flag.default !== false
  return [
    name,
    [flag.summary, isShown && `Default ${String(flag.default)}.`, flag.env && `[${flag.env}]`]
      .filter(Boolean)
      .join(' '),
  ]
}

const NAME_WIDTH = 26

/** A long name stands on a line of its own, its text below. */
export function rows(pairs: readonly (readonly [string, string])[], style: Style): string[] {
  const width = Math.min(NAME_WIDTH, Math.max(...pairs.map(([name]) => name.length)))
  return pairs.flatMap(([name, text]) => {
    const lines = wrapWords(text, style.columns - width - 4)
    const first =
      name.length > width
        ? [`  ${name}`, ...lines.map((line) => ' '.repeat(width + 4) + line)]
        : undefined
    return first ?? lines.map((line, i) => `  ${(i === 0 ? name : '').padEnd(width)}  ${line}`)
  })
}

function heading(text: string, style: Style): string {
  return style.strong(text)
}
