import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readEnvironment } from '../../platform/environment.js'
import { NameCache } from '../../platform/name-cache.js'
import { clusterKey } from '../../platform/slurm-conf.js'
import {
  findCommand,
  pagesOf,
  readManifest,
  topicSummary,
  type Manifest,
  type ManifestArgument,
  type ManifestCommand,
  type ManifestFlag,
} from '../manifest.js'
import type { Completes } from '../topic.js'

/** What may stand at the cursor, with what it means; shells that show only words leave the meaning out. */
export interface Candidate {
  word: string
  meaning?: string
}

export interface Completion {
  candidates: readonly Candidate[]
  /** A path may stand there: the shell knows those best. */
  wantsPath: boolean
}

/** What can stand at the cursor. Reads two small files; asks no scheduler and loads no command. */
export function candidatesAt(words: readonly string[], root: string): Completion {
  const manifest = readManifest(root)
  const current = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  return {
    candidates: candidatesFor(manifest, before, current).filter(
      ({ word }) => word.startsWith(current) && word !== '',
    ),
    wantsPath: takesPath(
      flagAtCursor(manifest, before, current) ?? argumentAtCursor(manifest, before, current),
    ),
  }
}

function candidatesFor(
  manifest: Manifest,
  before: readonly string[],
  current: string,
): readonly Candidate[] {
  const found = findCommand(manifest, before)
  if (!found)
    return before[0] === 'help' ? helpWords(manifest, before.slice(1)) : nextWords(manifest, before)
  const command = manifest.commands[found.id]
  const flag = flagAtCursor(manifest, before, current)
  const [, name] = /^(--[\w-]+)=/.exec(current) ?? []
  if (flag && name !== undefined)
    return valuesOf(manifest, flag, found.id).map(({ word, meaning }) => ({
      word: `${name}=${word}`,
      meaning,
    }))
  if (flag) return valuesOf(manifest, flag, found.id)
  if (current.startsWith('-')) return unusedFlags(command, found.rest)
  return argumentsOf(manifest, found.id, found.rest)
}

/** The flag whose value is being typed: `--image F` or `--image=F`. */
function flagAtCursor(
  manifest: Manifest,
  before: readonly string[],
  current: string,
): ManifestFlag | undefined {
  const found = findCommand(manifest, before)
  if (!found) return undefined
  const command = manifest.commands[found.id]
  const [, name] = /^(--[\w-]+)=/.exec(current) ?? []
  const flag = flagNamed(command, name ?? found.rest.at(-1) ?? '')
  return flag?.type === 'option' ? flag : undefined
}

function argumentAtCursor(
  manifest: Manifest,
  before: readonly string[],
  current: string,
): ManifestArgument | undefined {
  const found = findCommand(manifest, before)
  const isArgument = found !== undefined && !current.startsWith('-')
  return isArgument ? argumentAfter(manifest.commands[found.id], found.rest) : undefined
}

/** A command that takes any number of arguments takes more like the last. */
function argumentAfter(
  command: ManifestCommand,
  rest: readonly string[],
): ManifestArgument | undefined {
  const all = Object.values(command.args)
  const next = all[positionals(command, rest).length]
  return next ?? (command.strict === false ? all.at(-1) : undefined)
}

/** A plan is a file or a run. */
function takesPath(value: Pick<ManifestFlag, 'completes' | 'type'> | ManifestArgument | undefined) {
  if (value === undefined) return false
  return value.completes === 'path' || ('type' in value && value.completes === 'run')
}

function nextWords(manifest: Manifest, before: readonly string[]): Candidate[] {
  const prefix = before.map((word) => `${word}:`).join('')
  const words = new Map<string, string | undefined>()
  for (const [id, { summary }] of Object.entries(manifest.commands)) {
    if (!id.startsWith(prefix)) continue
    const [word, ...more] = id.slice(prefix.length).split(':')
    words.set(word, more.length > 0 ? topicSummary(manifest, [...before, word]) : summary)
  }
  if (before.length === 0) words.set('help', 'Show help.')
  return sorted([...words].map(([word, meaning]) => ({ word, meaning })))
}

function helpWords(manifest: Manifest, before: readonly string[]): Candidate[] {
  const pages = pagesOf(manifest).map((word) => ({ word }))
  return sorted([...nextWords(manifest, before), ...(before.length === 0 ? pages : [])])
}

function flagNamed({ flags }: ManifestCommand, word: string): ManifestFlag | undefined {
  return Object.values(flags).find(
    ({ name, char }) => word === `--${name}` || (char !== undefined && word === `-${char}`),
  )
}

function unusedFlags({ flags }: ManifestCommand, rest: readonly string[]): Candidate[] {
  return sorted(
    Object.values(flags)
      .filter(({ name, multiple }) => multiple || !rest.includes(`--${name}`))
      .map(({ name, summary }) => ({ word: `--${name}`, meaning: summary })),
  )
}

function valuesOf(
  manifest: Manifest,
  { options, completes }: ManifestFlag,
  id: string,
): readonly Candidate[] {
  if (options) return plain(options)
  return wordsFor(manifest, completes, id, [])
}

function argumentsOf(
  manifest: Manifest,
  id: string,
  rest: readonly string[],
): readonly Candidate[] {
  const command = manifest.commands[id]
  const argument = argumentAfter(command, rest)
  if (!argument) return []
  const given = positionals(command, rest)
  const { name, options, completes } = argument
  if (options) return plain(options)
  return wordsFor(manifest, completes ?? (name === 'name' ? 'instance' : undefined), id, given)
}

function wordsFor(
  { topics, settings }: Manifest,
  completes: Completes | undefined,
  id: string,
  given: readonly string[],
): readonly Candidate[] {
  switch (completes) {
    case undefined:
    case 'path':
      return []
    case 'partition': {
      const environment = readEnvironment()
      return plain(new NameCache(environment, `partitions-${clusterKey(environment)}`).read())
    }
    case 'run':
      return runs()
    case 'instance': {
      const [topic] = id.split(':')
      return instances(Object.hasOwn(topics, topic) ? topic : undefined)
    }
    case 'any-instance':
      return instances()
    case 'setting':
      return sorted(Object.entries(settings).map(([word, { meaning }]) => ({ word, meaning })))
    case 'setting-value':
      return sorted(plain((Object.hasOwn(settings, given[0]) && settings[given[0]].choices) || []))
    default:
      return plain(completes)
  }
}

/** The words that are neither flags nor their values. */
function positionals(command: ManifestCommand, rest: readonly string[]): string[] {
  return rest.filter((word, i) => {
    if (word.startsWith('-')) return false
    return i === 0 || flagNamed(command, rest[i - 1])?.type !== 'option'
  })
}

interface SmallState {
  instances?: Record<string, { name: string; service: string; phase: string }>
  runs?: Record<string, { startedAt?: string; service?: string; verdict?: string }>
}

/** Not through the state store: that checks and mends, and would cost a TAB its time. */
function state(): SmallState {
  try {
    return JSON.parse(
      readFileSync(join(readEnvironment().stateDir, 'state.json'), 'utf8'),
    ) as SmallState
  } catch {
    return {}
  }
}

function instances(service?: string): Candidate[] {
  const all = Object.values(state().instances ?? {})
    .filter((instance) => service === undefined || instance.service === service)
    .filter(({ name }) => /^[\w.@%+-]+$/.test(name))
    .map(({ name, service: kind, phase }) => ({ word: name, meaning: `${kind}, ${phase}` }))
  return sorted([...new Map(all.map((one) => [one.word, one])).values()])
}

/** Newest first. */
function runs(): Candidate[] {
  const all = Object.entries(state().runs ?? {})
  const startOf = ([, { startedAt = '' }]: (typeof all)[number]) => startedAt
  return all
    .sort((a, b) => startOf(b).localeCompare(startOf(a)))
    .map(([word, { startedAt, service, verdict }]) => ({
      word,
      meaning: [startedAt?.slice(0, 16).replace('T', ' '), service, verdict]
        .filter(Boolean)
        .join(' '),
    }))
}

function plain(words: readonly string[]): Candidate[] {
  return words.map((word) => ({ word }))
}

function sorted(candidates: readonly Candidate[]): Candidate[] {
  return candidates.toSorted((a, b) => a.word.localeCompare(b.word))
}
