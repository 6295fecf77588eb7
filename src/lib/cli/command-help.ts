import type { Style } from '../report/style.js'
import { wrapWords } from '../report/wrap.js'
import { EXIT_CODES, exitCodesOf } from './exit-codes.js'
import { spoken, type Manifest, type ManifestCommand, type ManifestFlag } from './manifest.js'

/** Examples first: most who ask for help want something to type. */
export function commandHelp(command: ManifestCommand, style: Style): string {
  const args = Object.values(command.args)
  const more = command.strict === false ? ' …' : ''
  const usage = args.map(({ name, required }) =>
    required ? name.toUpperCase() : `[${name.toUpperCase()}${more}]`,
  )
  // What is no argument of ours is another program's.
  const passed = command.strict === false && args.length === 0 ? ['-- ARGUMENTS'] : []
  const groups = new Map<string, ManifestFlag[]>()
  for (const flag of Object.values(command.flags)) {
    const group = flag.helpGroup ?? 'FLAGS'
    groups.set(group, [...(groups.get(group) ?? []), flag])
  }
  const order = [...groups.keys()].sort((a, b) => rankOf(a) - rankOf(b))
  return [
    ...wrapWords(command.summary ?? '', style.columns),
    '',
    style.strong('EXAMPLES'),
    ...examplesOf(command).map((example) => `  ${example}`),
    '',
    style.strong('USAGE'),
    `  aibench ${[spoken(command.id), ...usage, '[flags]', ...passed].join(' ')}`,
    ...section(
      'ARGUMENTS',
      args.map(({ name, description = '' }) => [name.toUpperCase(), asSentence(description)]),
      style,
    ),
    ...order.flatMap((group) => section(group, groups.get(group)!.map(flagRow), style)),
    ...variableLines(command, style),
    '',
    style.strong('EXIT CODES'),
    ...indented(exitCodeText(command), style),
    ...(command.notes ?? []).flatMap((line) => ['', ...wrapWords(line, style.columns)]),
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
  const name = `${flag.char ? `-${flag.char}, ` : ''}--${flag.name}${valueOf(flag)}`
  const isShown = flag.default !== undefined && flag.default !== false
  return [
    name,
    [flag.summary, isShown && `Default ${String(flag.default)}.`].filter(Boolean).join(' '),
  ]
}

function valueOf({ type, options, helpValue, name }: ManifestFlag): string {
  if (type === 'boolean') return ''
  return ` ${options?.join('|') ?? helpValue ?? name.toUpperCase().split('-').at(-1)}`
}

/** One sentence for all: a variable is named after its flag. */
function variableLines({ flags }: ManifestCommand, style: Style): string[] {
  const withVariable = Object.values(flags).filter(({ env }) => env !== undefined)
  const example =
    withVariable.find(({ type, helpGroup }) => type === 'option' && helpGroup !== 'OUTPUT') ??
    withVariable[0]
  if (example === undefined) return []
  const text = `Flags can be set by variables: --${example.name} by ${example.env} (aibench help environment).`
  return ['', ...wrapWords(text, style.columns)]
}

function exitCodeText({ id }: ManifestCommand): string {
  const codes = exitCodesOf(spoken(id))
  return EXIT_CODES.filter(([code]) => codes.includes(code))
    .map(([code, name]) => `${code} ${name}`)
    .join(' · ')
}

function section(
  title: string,
  pairs: readonly (readonly [string, string])[],
  style: Style,
): string[] {
  return pairs.length === 0 ? [] : ['', style.strong(title), ...rows(pairs, style)]
}

function indented(text: string, style: Style): string[] {
  return wrapWords(text, style.columns - 2).map((line) => `  ${line}`)
}

function asSentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`
}

const NAME_WIDTH = 26

/** A long name stands on a line of its own, its text below. */
export function rows(pairs: readonly (readonly [string, string])[], style: Style): string[] {
  const width = Math.min(NAME_WIDTH, Math.max(...pairs.map(([name]) => name.length)))
  return pairs.flatMap(([name, text]) => {
    const lines = wrapWords(text, style.columns - width - 4)
    const below = ' '.repeat(width + 4)
    if (name.length > width) return [`  ${name}`, ...lines.map((line) => below + line)]
    return lines.map((line, i) =>
      (i === 0 ? `  ${name.padEnd(width)}  ${line}` : below + line).trimEnd(),
    )
  })
}

/** A topic's or the program's commands with what they do, in the order of the manifest. */
export function commandRows(manifest: Manifest, topic: string): [string, string][] {
  return Object.values(manifest.commands)
    .filter(({ id }) => id.startsWith(`${topic}:`))
    .map(({ id, summary = '' }) => [spoken(id), summary])
}
