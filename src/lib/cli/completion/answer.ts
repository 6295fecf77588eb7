import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readEnvironment } from '../../platform/environment.js'
import { NameCache } from '../../platform/name-cache.js'
import { clusterKey } from '../../platform/slurm-conf.js'
import { SETTINGS } from '../../platform/settings.js'
import {
  findCommand,
  readManifest,
  type Manifest,
  type ManifestCommand,
  type ManifestFlag,
} from '../manifest.js'

/** What can stand at the cursor. Reads two small files; asks no scheduler and loads no command. */
export function answer(words: readonly string[], root: string): string[] {
  const manifest = readManifest(root)
  const current = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  return candidates(manifest, before, current)
    .filter((word) => word.startsWith(current) && word !== '')
    .sort()
}

function candidates(manifest: Manifest, before: readonly string[], current: string): string[] {
  const found = findCommand(manifest, before)
  if (!found)
    return before[0] === 'help' ? helpWords(manifest, before.slice(1)) : nextWords(manifest, before)
  const command = manifest.commands[found.id]
  const previous = found.rest.at(-1)
  const flag = previous === undefined ? undefined : flagNamed(command, previous)
  if (flag?.type === 'option') return valuesOf(flag, found.id)
  const [, name, value] = /^(--[\w-]+)=(.*)$/.exec(current) ?? []
  if (value !== undefined)
    return valuesOf(flagNamed(command, name), found.id).map((word) => `${name}=${word}`)
  if (current.startsWith('-')) return unusedFlags(command, found.rest)
  return argumentsOf(manifest, found.id, found.rest)
}

function nextWords({ commands }: Manifest, before: readonly string[]): string[] {
  const prefix = before.map((word) => `${word}:`).join('')
  const words = Object.keys(commands)
    .filter((id) => id.startsWith(prefix))
    .map((id) => id.slice(prefix.length).split(':')[0])
  return [...new Set([...words, ...(before.length === 0 ? ['help'] : [])])]
}

function helpWords(manifest: Manifest, before: readonly string[]): string[] {
  return [
    ...nextWords(manifest, before),
    ...(before.length === 0 ? ['exit-codes', 'environment', 'files', 'metrics'] : []),
  ]
}

function flagNamed({ flags }: ManifestCommand, word: string): ManifestFlag | undefined {
  return Object.values(flags).find(
    ({ name, char }) => word === `--${name}` || (char !== undefined && word === `-${char}`),
  )
}

function unusedFlags({ flags }: ManifestCommand, rest: readonly string[]): string[] {
  return Object.values(flags)
    .filter(({ name, multiple }) => multiple || !rest.includes(`--${name}`))
    .map(({ name }) => `--${name}`)
}

function valuesOf(flag: ManifestFlag | undefined, id: string): string[] {
  if (!flag) return []
  if (flag.options) return flag.options
  if (flag.name === 'partition') {
    const environment = readEnvironment()
    return [...new NameCache(environment, `partitions-${clusterKey(environment)}`).read()]
  }
  if (flag.name === 'plan') return runIds()
  return [...(VALUES[flag.name]?.(id) ?? [])]
}

/** Of flags that also take values that nobody can list. */
const VALUES: Readonly<Record<string, (id: string) => readonly string[]>> = {
  dataset: (id) => (id === 'vllm:bench' ? INFERENCE_DATASETS : ['clustered', 'iid']),
  'save-as': () => ['vllm:', 'csv:'],
  rate: (id) => (id === 'vllm:bench' ? ['inf'] : []),
  salt: () => ['none'],
  name: (id) => (id === 'vllm:chat' ? instances('vllm') : []),
}
const INFERENCE_DATASETS = [
  ...['random', 'prefix', 'multi-turn'],
  ...['json', 'json-unique', 'json-schema', 'grammar', 'regex', 'choice'],
  ...['sharegpt:', 'custom:', 'trace:', 'xgrammar:'],
]

function argumentsOf({ commands }: Manifest, id: string, rest: readonly string[]): string[] {
  const given = positionals(commands[id], rest)
  const [topic, verb] = id.split(':')
  if (id === 'config:set' && given[0] === 'scheduler') return ['slurm', 'local']
  if (given.length > 0) return []
  if (id === 'runs:show') return runIds()
  if (id === 'completion') return Object.values(commands[id].args)[0]?.options ?? []
  if (topic === 'config' && verb !== 'list') return Object.keys(SETTINGS)
  if (id === 'wait') return instances()
  return 'name' in commands[id].args ? instances(topic) : []
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
  runs?: Record<string, unknown>
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

function instances(service?: string): string[] {
  return Object.values(state().instances ?? {})
    .filter((instance) => service === undefined || instance.service === service)
    .map(({ name }) => name)
    .filter((name) => /^[\w.@%+-]+$/.test(name))
}

function runIds(): string[] {
  return Object.keys(state().runs ?? {})
}
