import * as v from 'valibot'
import { UsageError } from '../platform/errors.js'
import { durationText, parseDurationMs, parseWallTimeMs } from '../platform/units.js'
import { option, repeatable, type Option, type ValueType, type Words } from './option.js'

/** The usual types of values. Each of these makes an option of it from its words. */

interface Maker<T> {
  (words: Words & { default: T }): Option<T>
  (words: Words): Option<T | null>
}

function maker<T>(typeOf: (words: Words) => ValueType<T>): Maker<T> {
  return (words: Words & { default?: T }) => option(typeOf(words), words) as Option<T>
}

const textType: ValueType<string> = { schema: v.string(), read: (text) => text }

export const text = maker(() => textType)

/** A file or a folder, as typed. */
export const path = maker<string>(() => ({ ...textType, completes: 'path' }))

/** Several texts: `--slo A --slo B`. */
export const texts = (words: Words): Option<readonly string[]> => repeatable(textType, words)

/** A whole number, of any size unless there is a `min`. */
export const integer = maker<number>(({ min }) => ({
  schema: min === undefined ? v.number() : v.pipe(v.number(), v.integer(), v.minValue(min)),
  typed: 'integer',
  helpValue: 'N',
  read(text, where) {
    const number = Number(text)
    if (!/^-?\d+$/.test(text.trim()))
      throw new UsageError(`${where} must be a whole number, not "${text}"`)
    if (min !== undefined && number < min)
      throw new UsageError(`${where} must be at least ${min}, not ${text}`)
    return number
  },
}))

/** A number from 0 on, with or without a fraction. */
export const decimalType: ValueType<number> = {
  schema: v.number(),
  helpValue: 'X',
  read(text, where) {
    const number = text.trim() === '' ? NaN : Number(text)
    if (Number.isFinite(number) && number >= 0) return number
    throw new UsageError(`${where} must be a number, not "${text}"`)
  },
}

export const decimal = maker<number>(({ min }) => ({ ...decimalType, schema: atLeast(min) }))

/** Milliseconds, as `30s` or `1h30m`. */
export const durationType: ValueType<number> = {
  schema: v.number(),
  helpValue: 'TIME',
  read(text, where) {
    const ms = parseDurationMs(text)
    if (ms !== undefined) return ms
    throw new UsageError(`${where} must be a duration such as 30s, 10m or 1h30m, not "${text}"`)
  },
  write: durationText,
}

/** Its field ends with `Ms`, which its flag leaves out. */
export const duration = maker<number>(({ min }) => ({
  ...durationType,
  schema: atLeast(min),
  read(text, where) {
    const ms = durationType.read(text, where)
    if (min === undefined || ms >= min) return ms
    // Less than can be written is there for what must not be 0.
    const bound = min < 1 ? 'more than 0' : `at least ${durationText(min)}`
    throw new UsageError(`${where} must be ${bound}, not "${text}"`)
  },
}))

/** Milliseconds, where a bare number is minutes, as for sbatch. */
export const wallTime = maker<number>(() => ({
  schema: v.number(),
  helpValue: 'TIME',
  read(text, where) {
    const ms = parseWallTimeMs(text)
    if (ms !== undefined && ms > 0) return ms
    throw new UsageError(
      `${where} must be a wall time such as 2h, 90m, 02:00:00 or 120 (minutes), not "${text}"`,
    )
  },
  write: durationText,
}))

/** Of memory or files, as Slurm takes it: `64G`; kept as typed. */
export const size = maker(() => ({
  schema: v.string(),
  helpValue: 'SIZE',
  read(text, where) {
    if (/^\d+[KMGT]?$/i.test(text)) return text
    throw new UsageError(`${where} must be a size such as 64G or 512M, not "${text}"`)
  },
}))

/** On or off; off unless it is given. */
export const toggle = (words: Words): Option<boolean> =>
  option(
    { schema: v.boolean(), typed: 'switch', read: (text) => text === 'true' },
    { ...words, default: false },
  )

/** One of a few words. */
export function choice<const C extends string, D extends C | null = null>(
  choices: readonly C[],
  words: Words & { default?: D },
): Option<C | (D extends null ? null : never)> {
  const type: ValueType<C> = {
    schema: v.picklist(choices),
    choices,
    read(text, where) {
      const chosen = choices.find((one) => one === text)
      if (chosen !== undefined) return chosen
      throw new UsageError(`${where} must be ${choices.join(' or ')}, not "${text}"`)
    },
  }
  return option(type, words as Words & { default: C })
}

function atLeast(min: number | undefined): v.GenericSchema<number> {
  return min === undefined ? v.number() : v.pipe(v.number(), v.minValue(min))
}
