import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The part of oclif's manifest that help, completion and did-you-mean need; no command is loaded for them. */
export interface Manifest {
  version: string
  commands: Record<string, ManifestCommand>
}

export interface ManifestCommand {
  id: string
  summary?: string
  examples?: string[]
  args: Record<
    string,
    { name: string; description?: string; required?: boolean; options?: string[] }
  >
  flags: Record<string, ManifestFlag>
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
}

export function readManifest(root: string): Manifest {
  return JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as Manifest
}

/** `chroma:start` → `chroma start`. */
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

export function topicsOf({ commands }: Manifest): string[] {
  return [
    ...new Set(
      Object.keys(commands)
        .filter((id) => id.includes(':'))
        .map((id) => id.split(':')[0]),
    ),
  ]
}

export const TOPIC_SUMMARIES: Readonly<Record<string, string>> = {
  vllm: 'Run and benchmark a vLLM inference server, on one node or many.',
  chroma: 'Run and benchmark a Chroma vector database.',
  runs: 'List benchmark runs and show their results.',
  config: 'Read and change your settings.',
  state: 'Inspect and repair the state file.',
}
