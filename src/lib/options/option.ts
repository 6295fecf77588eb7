import * as v from 'valibot'

/**
 * One thing that can be chosen, written once: what it is called, what it may be, what it is for. The flag, the variable, the setting, the
 * field of a plan or of the state with its schema, help and completion all come from that. The makers of the usual types are in
 * `types.ts`; `set.ts` says what can be done with a record of them.
 */
export interface Option<T = unknown> {
  /** Of the value as it is kept in a plan or in the state. */
  readonly schema: v.GenericSchema<T>
  /** What counts when nothing is said; null where that is no value. */
  readonly default: T
  readonly words: Words
  /** What the parser of the command line makes of it; all but a switch and an integer is a text until it is {@link read}. */
  readonly typed: 'switch' | 'integer' | 'text'
  readonly isRepeatable: boolean
  /** @param where what an error names: `--rate`, `The setting slurm.time` @throws UsageError */
  read(typed: Typed, where: string): T
  /** As it is typed, a text for each time that the flag stands there. */
  write(value: T): readonly string[]
}

/** As the command line's parser and the settings give it. */
export type Typed = string | number | boolean | readonly string[]

/** What people read and type. */
export interface Words {
  /** A sentence: `Use N nodes.` The default is added to it, unless it speaks of a default itself. */
  summary: string
  /** Without `--`; null for what is a setting only. By default the field's name: `maxModelLen` → `max-model-len`, `durationMs` → `duration`. */
  flag?: string | null
  /** Earlier names of the flag: taken, and not shown. */
  formerFlags?: readonly string[]
  char?: string
  /** Stands for the value in help: `N`, `TIME`. */
  helpValue?: string
  /** Heading in help: `WHERE`. */
  group?: string
  /**
   * `own` (as by default) is AIBENCH_<SERVICE>_<FLAG>: another service may mean something else. `shared` is AIBENCH_<FLAG>. Another text
   * is the name itself. null: none, of what acts once and would be an accident if it were forgotten in a shell.
   */
  env?: 'own' | 'shared' | `AIBENCH_${string}` | null
  /** The setting that stands in for it: `slurm.partition`. */
  setting?: string
  /** The setting counts where its service says, and not as soon as no flag is given. */
  isSettledLater?: boolean
  /** The flags that it means nothing without. */
  needs?: readonly string[]
  /** The only values that there are. */
  choices?: readonly string[]
  /** The least number. */
  min?: number
  completes?: Completion
}

/** `path`: the shell's own. `partition`, `run`, `instance` (of the command's service), `any-instance`: names that were seen before. Else words, beside which others may stand. */
export type Completion =
  'path' | 'partition' | 'run' | 'instance' | 'any-instance' | readonly string[]

/** What a value is. */
export interface ValueType<T> {
  schema: v.GenericSchema<T>
  typed?: Option['typed']
  /** Unless the option's words say otherwise. */
  helpValue?: string
  choices?: readonly string[]
  completes?: Completion
  read(text: string, where: string): T
  /** By default as JavaScript writes it. */
  write?(value: T): string
}

/** An option whose type is nobody else's. Without a default its value may be null. */
export function option<T>(type: ValueType<T>, words: Words & { default: T }): Option<T>
export function option<T>(type: ValueType<T>, words: Words & { default?: T }): Option<T | null>
export function option<T>(
  type: ValueType<T>,
  { default: usual = undefined, ...words }: Words & { default?: T },
): Option<T | null> {
  const { schema, typed = 'text', helpValue, choices, completes } = type
  return {
    schema: usual === undefined ? v.nullable(schema) : schema,
    default: usual ?? null,
    words: { helpValue, choices, completes, ...words },
    typed,
    isRepeatable: false,
    read: (text, where) => type.read(String(text), where),
    write: (value) => (value === null ? [] : [type.write?.(value) ?? String(value)]),
  }
}

/** An option that can stand several times; a setting holds its values with blanks between. */
export function repeatable<T>(type: ValueType<T>, words: Words): Option<readonly T[]> {
  const { schema, helpValue } = type
  return {
    schema: v.array(schema),
    default: [],
    words: { helpValue, ...words },
    typed: 'text',
    isRepeatable: true,
    read: (typed, where) => listOf(typed).map((text) => type.read(text, where)),
    write: (values) => values.map((value) => type.write?.(value) ?? String(value)),
  }
}

function listOf(typed: Typed): readonly string[] {
  return typeof typed === 'object' ? typed : String(typed).split(/\s+/).filter(Boolean)
}
