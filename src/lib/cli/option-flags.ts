import * as Flags from '@oclif/core/flags'
import type * as Interfaces from '@oclif/core/interfaces'
import type { Option } from '../options/option.js'
import { allOf, type OptionSet } from '../options/set.js'

type Flag = ReturnType<typeof flagOf>

/**
 * The flags of a set of options, for a command's `static flags`; what they gave is read by `givenBy`. None has a default of its own:
 * whether something was given must stay known, and help has the default in its words.
 * @param owner the service that they are of: its variables that are not shared begin with AIBENCH_<OWNER>_
 */
export function flagsFrom(set: OptionSet, owner = ''): Record<string, Flag> {
  const flags = allOf(set).flatMap(({ option, flag }): [string, Flag][] =>
    flag === null ? [] : [[flag, flagOf(option, flag, owner)]],
  )
  return Object.fromEntries(flags)
}

function flagOf(option: Option, flag: string, owner: string) {
  const { char, helpValue, group, needs, formerFlags, choices, min, completes } = option.words
  const common = {
    char: char as Interfaces.AlphabetLowercase | undefined,
    summary: summaryOf(option),
    helpGroup: group,
    env: variableOf(option, flag, owner),
    dependsOn: needs?.slice(),
    aliases: formerFlags?.slice(),
    completes,
  }
  if (option.typed === 'switch') return Flags.boolean(common)
  if (option.typed === 'integer') return Flags.integer({ ...common, helpValue, min })
  const one = { ...common, helpValue, options: choices?.slice() }
  return option.isRepeatable
    ? Flags.string({ ...one, multiple: true, multipleNonGreedy: true })
    : Flags.string(one)
}

/** With its default, unless it speaks of one itself. */
export function summaryOf({ default: usual, typed, words: { summary }, write }: Option): string {
  const isPlain = usual === null || typed === 'switch' || /\bdefault\b/i.test(summary)
  const text = isPlain ? '' : write(usual).join(' ')
  return text === '' ? summary : `${summary} Default ${text}.`
}

function variableOf(
  { words: { env = 'own' } }: Option,
  flag: string,
  owner: string,
): string | undefined {
  if (env === null) return undefined
  const named = (...parts: string[]) =>
    ['AIBENCH', ...parts].filter(Boolean).join('_').toUpperCase().replaceAll('-', '_')
  return env === 'own' ? named(owner, flag) : env === 'shared' ? named(flag) : env
}
