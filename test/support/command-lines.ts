import * as Parser from '@oclif/core/parser'
import type { Command } from '@oclif/core/command'
import { asAibenchError } from '../../src/lib/cli/failures.js'
import { findCommand, readManifest, spoken } from '../../src/lib/cli/manifest.js'
import type { AibenchError } from '../../src/lib/platform/errors.js'
import { ROOT } from './cli.js'

const manifest = readManifest(ROOT)

/** A line as a POSIX shell reads it: words, quotes, comments. Anything else that means something to a shell is an error. */
export function shellWords(line: string): string[] {
  const words: string[] = []
  const token = /\s*(#.*|(?:'[^']*'|\\.|"[^"$`\\]*"|[^\s'"\\;&|<>()$`*?[\]{}!]|(?<=\S)#)+|\S)/gy
  for (const [, text] of line.matchAll(token)) {
    if (text.startsWith('#')) break
    if (/^[;&|<>()$`*?[\]{}!]$/.test(text)) throw new Error(`a shell reads "${text}" in: ${line}`)
    words.push(text.replace(/'([^']*)'|"([^"]*)"|\\(.)/g, (_, a, b, c) => a ?? b ?? c))
  }
  return words
}

/** What the real parser makes of a line that begins with `aibench`; its error as a person would see it. */
export async function parseLine(line: string): Promise<{
  id: string
  flags: Record<string, unknown>
  args: Record<string, unknown>
  error?: AibenchError
}> {
  const [program, ...argv] = shellWords(line)
  if (program !== 'aibench') throw new Error(`not a command of ours: ${line}`)
  if (argv[0] === 'help') return { id: 'help', flags: {}, args: {} }
  const found = findCommand(manifest, argv)
  if (!found) throw new Error(`There is no such command: ${line}`)
  if (found.rest.includes('--help')) return { id: found.id, flags: {}, args: {} }
  const path = `../../src/commands/${found.id.replaceAll(':', '/')}.js`
  const { default: command } = (await import(path)) as { default: Command.Class }
  try {
    const { flags, args } = await Parser.parse([...found.rest], {
      flags: { ...command.baseFlags, ...command.flags },
      args: command.args,
      strict: command.strict,
    })
    return { id: found.id, flags, args: args as Record<string, unknown> }
  } catch (cause) {
    const error = asAibenchError(cause, spoken(found.id))
    return { id: found.id, flags: {}, args: {}, error }
  }
}
