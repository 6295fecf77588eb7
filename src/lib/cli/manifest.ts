import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Completes, HelpPage, Topic } from './topic.js'

/** The part of oclif's manifest that help, completion and did-you-mean need; no command is loaded for them. */
export interface Manifest {
  version: string
  commands: Record<string, ManifestCommand>
  /** In the order in which they are listed: by use. */
  topics: Record<string, Topic & { isService: boolean }>
  /** Pages of help beside our own. */
  pages: Record<string, HelpPage>
  settings: Record<string, { meaning: string; choices?: readonly string[] }>
}

export interface ManifestCommand {
  id: string
  summary?: string
  examples?: string[]
  args: Record<string, ManifestArgument>
  flags: Record<string, ManifestFlag>
  /** False: it takes any number of arguments. */
  strict?: boolean
  /** What its flags can't say: paragraphs at the end of its help. */
  notes?: readonly string[]
}

export interface ManifestArgument {
  name: string
  description?: string
  required?: boolean
  options?: string[]
  completes?: Completes
}

export interface ManifestFlag {
  name: string
  type: 'option' | 'boolean'
  char?: string
  summary?: string
  env?: string
  default?: unknown
  options?: string[]
  /** What stands for the value: `N`, `FILE`. */
  helpValue?: string
  helpGroup?: string
  multiple?: boolean
  completes?: Completes
}

export function readManifest(root: string): Manifest {
  return JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as Manifest
}

/** `state:repair` → `state repair`. */
export function spoken(id: string): string {
  return id.replaceAll(':', ' ')
}

/** The longest row of leading words that is a command, and what follows it. */
export function findCommand(
  { commands }: Manifest,
  argv: readonly string[],
): { id: string; rest: string[] } | undefined {
  const words = argv.findIndex((word) => word.startsWith('-'))
  const leading = words < 0 ? argv : argv.slice(0, words)
  for (let length = Math.min(leading.length, 3); length > 0; length--) {
    const id = leading.slice(0, length).join(':')
    if (Object.hasOwn(commands, id)) return { id, rest: argv.slice(length) }
  }
  return undefined
}

/** Pages of help that are about no topic; see `help-pages.ts`. */
export const OWN_PAGES = ['exit-codes', 'environment', 'files'] as const

/** `aibench help PAGE`. */
export function pagesOf({ pages }: Manifest): string[] {
  return [...OWN_PAGES, ...Object.keys(pages)]
}

export function topicsOf({ topics }: Manifest): string[] {
  return Object.keys(topics)
}

/** What is said of a topic, `state`, or of one within it. @returns undefined when these words are none */
export function topicSummary({ topics }: Manifest, words: readonly string[]): string | undefined {
  const [first = '', second, ...more] = words
  if (!Object.hasOwn(topics, first) || more.length > 0) return undefined
  const { summary, topics: within = {} } = topics[first]
  if (second === undefined) return summary
  return Object.hasOwn(within, second) ? within[second] : undefined
}
