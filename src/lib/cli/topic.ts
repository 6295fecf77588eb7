import type { Completion } from '../options/option.js'

/** What people read of a topic of commands before any of it is loaded. Goes into the manifest when the program is built. */
export interface Topic {
  /** Other words by which people ask for it. */
  alsoCalled?: readonly string[]
  summary: string
  /** Topics within it, by their word, each with its sentence. */
  topics?: Readonly<Record<string, string>>
  /** Lines of the first screen: commands, each of which needs the one before it. */
  firstSteps?: readonly (readonly string[])[]
  /** For `help environment`: variables that belong to no flag. */
  variables?: Rows
}

/** `aibench help NAME`. */
export interface HelpPage {
  /** One sentence, for the first screen. */
  summary: string
  intro: string
  rows: Rows
}

export type Rows = readonly (readonly [name: string, meaning: string])[]

/** What may stand for a value; that of a setting depends on which one it is. */
export type Completes = Completion | 'setting' | 'setting-value'

/** For the definition of a flag or an argument. */
export function completing(completes: Completes): { completes: Completes } {
  return { completes }
}
