import * as v from 'valibot'
import { aibench } from '../platform/command-line.js'
import { UsageError } from '../platform/errors.js'
import type { Option, Typed, Words } from './option.js'

/**
 * Options by the names of their fields: `{ maxModelLen: integer({ … }) }`. What a plan keeps in an object of its own is a set in the set:
 * `{ timeouts: { ttftMs: duration({ … }) } }`; its flags stand beside the others.
 */
export interface OptionSet {
  readonly [field: string]: Option | OptionSet
}

/** All values of a set. */
export type ValuesOf<S extends OptionSet> = {
  -readonly [F in keyof S]: S[F] extends { readonly default: infer T; readonly words: Words }
    ? T
    : S[F] extends OptionSet
      ? ValuesOf<S[F]>
      : never
}

/** Those that were given. */
export type GivenOf<S extends OptionSet> = {
  -readonly [F in keyof S]?: S[F] extends { readonly default: infer T; readonly words: Words }
    ? Exclude<T, null>
    : S[F] extends OptionSet
      ? GivenOf<S[F]>
      : never
}

type FieldsOf<S extends OptionSet> = {
  [F in keyof S]: v.GenericSchema<unknown, ValuesOf<S>[F]>
}

/** The same words for several options: their heading in help, or that they have no variable. */
export function alike<S extends OptionSet>(words: Partial<Words>, set: S): S {
  const entries = Object.entries(set).map(([field, entry]) => [
    field,
    isOption(entry) ? { ...entry, words: { ...words, ...entry.words } } : alike(words, entry),
  ])
  return Object.fromEntries(entries) as S
}

/** An option with its place: `timeouts.ttftMs`. */
export interface Placed {
  field: string
  option: Option
  /** Without `--`; null when it has none. */
  flag: string | null
}

/** All options of a set, in the order of their writing. */
export function allOf(set: OptionSet, within = ''): Placed[] {
  return Object.entries(set).flatMap(([name, entry]) => {
    const field = `${within}${name}`
    return isOption(entry)
      ? [{ field, option: entry, flag: flagOf(name, entry) }]
      : allOf(entry, `${field}.`)
  })
}

function flagOf(name: string, { words: { flag } }: Option): string | null {
  if (flag !== undefined) return flag
  return name.replace(/Ms$/, '').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** For `v.object`: all fields must be there, as in a plan that was written down. */
export function fieldsOf<S extends OptionSet>(set: S): FieldsOf<S> {
  return mapped(set, ({ schema }) => schema, v.object) as FieldsOf<S>
}

/** For `v.object`: what is missing gets its default, as in the options of a start and in a state that an older version wrote. */
export function fieldsWithDefaults<S extends OptionSet>(set: S): FieldsOf<S> {
  return mapped(
    set,
    ({ schema, ...rest }): v.GenericSchema => v.optional(schema, () => rest.default),
    (inner) => v.optional(v.object(inner), () => ({})),
  ) as FieldsOf<S>
}

export function defaultsOf<S extends OptionSet>(set: S): ValuesOf<S> {
  return mapped(
    set,
    (one) => one.default,
    (inner) => inner,
  ) as ValuesOf<S>
}

/**
 * The values that a command line, or the variables in its place, gave.
 * @param flags as the parser gives them; a switch that is off is none
 * @throws UsageError that names the flag
 */
export function givenBy<S extends OptionSet>(
  set: S,
  flags: Readonly<Record<string, unknown>>,
): GivenOf<S> {
  return found(set, ({ option, flag }) => {
    const typed = flag === null ? undefined : flags[flag]
    return typed === undefined || typed === false
      ? undefined
      : option.read(typed as Typed, `--${flag}`)
  })
}

/**
 * The values that the user's settings hold, but for those that a service reads itself.
 * @throws UsageError that names the setting
 */
export function settledBy<S extends OptionSet>(
  set: S,
  settings: { get(name: string): string | undefined },
): GivenOf<S> {
  return found(set, ({ option }) => {
    const { setting, isSettledLater } = option.words
    const text = setting === undefined || isSettledLater ? undefined : settings.get(setting)
    return text === undefined ? undefined : readSetting(option, text, `The setting ${setting}`)
  })
}

/** The settings that stand in for options of a set, each with what it means. */
export function settingsOf(set: OptionSet): Setting[] {
  return allOf(set).flatMap(({ option, flag }) => {
    const { setting, summary } = option.words
    if (setting === undefined) return []
    // Its first sentence: the default of a flag is the setting itself.
    const meaning = summary.split(/(?<=\.) /)[0].replace(/\.$/, '')
    return [{ name: setting, meaning: flag === null ? meaning : `${meaning} (--${flag})`, option }]
  })
}

export interface Setting {
  name: string
  meaning: string
  option: Option
}

/** @throws UsageError, with the way out */
function readSetting({ read, words }: Option, text: string, where: string): unknown {
  try {
    return read(text, where)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    const hints = [...error.hints, aibench('config', 'unset', words.setting ?? '')]
    throw new UsageError(error.message, { code: error.code, hints })
  }
}

/** Of values that were given, those of a part. */
export function partOf<S extends OptionSet>(set: S, given: NoInfer<GivenOf<S>>): GivenOf<S> {
  const own = Object.entries(given).filter(([field]) => Object.hasOwn(set, field))
  return Object.fromEntries(own) as GivenOf<S>
}

/** The flags that give these values again, for a command that can be pasted. */
export function flagsFor<S extends OptionSet>(set: S, values: GivenOf<S> | ValuesOf<S>): string[] {
  return allOf(set).flatMap(({ field, option, flag }) => {
    const value = valueAt(values, field)
    if (flag === null || value === undefined || value === option.default) return []
    if (option.typed === 'switch') return [`--${flag}`]
    return option
      .write(value)
      .flatMap((text) => (text.startsWith('-') ? [`--${flag}=${text}`] : [`--${flag}`, text]))
  })
}

/** What a field, or the one that it is in, is called on the command line: `timeouts.ttftMs` → `--ttft-timeout`; itself without a flag. */
export function flagNamer(set: OptionSet): (field: string) => string {
  const flags = new Map(allOf(set).map(({ field, flag }) => [field, flag]))
  const nameOf = (field: string): string | undefined => {
    const flag = flags.get(field)
    if (flag) return `--${flag}`
    return field.includes('.') ? nameOf(field.replace(/\.[^.]*$/, '')) : undefined
  }
  return (field) => nameOf(field) ?? field
}

/** Values over others, field by field, into the objects within. */
export function over<T extends object>(base: T, given: object): T {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined)
  const merged = entries.map(([field, value]) => {
    const below = (base as Readonly<Record<string, unknown>>)[field]
    return [field, isRecord(below) && isRecord(value) ? over(below, value) : value]
  })
  return { ...base, ...Object.fromEntries(merged) }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isOption(entry: Option | OptionSet): entry is Option {
  return typeof entry.read === 'function'
}

function mapped<R>(
  set: OptionSet,
  of: (option: Option) => R,
  within: (inner: Record<string, R>) => R,
) {
  const entries = Object.entries(set).map(([field, entry]): [string, R] => [
    field,
    isOption(entry) ? of(entry) : within(mapped(entry, of, within)),
  ])
  return Object.fromEntries(entries)
}

function found<S extends OptionSet>(set: S, valueOf: (placed: Placed) => unknown): GivenOf<S> {
  const values = {}
  for (const placed of allOf(set)) {
    const value = valueOf(placed)
    if (value !== undefined) put(values, placed.field.split('.'), value)
  }
  return values as GivenOf<S>
}

function put(into: Record<string, unknown>, [name, ...rest]: readonly string[], value: unknown) {
  if (rest.length === 0) into[name] = value
  else put((into[name] ??= {}) as Record<string, unknown>, rest, value)
}

function valueAt(values: object, field: string): unknown {
  return field
    .split('.')
    .reduce((at: unknown, name) => (isRecord(at) ? at[name] : undefined), values)
}
