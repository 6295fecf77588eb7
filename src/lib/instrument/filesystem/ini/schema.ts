import { parseIni, type Config } from './ini.js'

export type ValueKind =
  /** TRUE or FALSE, 1 or 0 */
  | 'boolean'
  /** whole numbers without a unit: any, or from 0 on */
  | 'integer'
  | 'count'
  | 'decimal'
  /** of IOR: `2m`, `47008` */
  | 'size'
  /** a back end of IOR with its own options: `POSIX --posix.odirect` */
  | 'api'
  | 'path'
  /** what a shell runs, or its arguments */
  | 'command'
  | 'text'

export interface SchemaOption {
  /** As io500 writes it. */
  name: string
  kind: ValueKind
  /** null: unset, which means that of the section above it or none. */
  default: string | null
}

export interface SchemaSection {
  name: string
  /** By name in lower case. */
  options: ReadonlyMap<string, SchemaOption>
}

/** What one io500 knows, by section in lower case. */
export interface IniSchema {
  /** What it is called to people: `io500-isc26_v2`, or the releases that have these options. */
  release: string
  sections: ReadonlyMap<string, SchemaSection>
}

/**
 * From what `io500 --list` prints: an ini file with all defaults. It tells no kinds; `kindOf` knows those of options seen before, and a
 * default tells the rest.
 */
export function schemaFromList(
  list: string,
  release: string,
  kindOf: (section: string, name: string) => ValueKind | undefined,
): IniSchema {
  const sections = new Map<string, SchemaSection>()
  let options = new Map<string, SchemaOption>()
  for (const line of parseIni(list).lines) {
    if (line.kind === 'section') {
      options = new Map()
      sections.set(line.section.toLowerCase(), { name: line.section, options })
    } else if (line.kind === 'option') {
      const { section, name, value } = line.option
      const kind = kindOf(section.toLowerCase(), name.toLowerCase()) ?? kindBy(value)
      options.set(name.toLowerCase(), { name, kind, default: value === '' ? null : value })
    }
  }
  return { release, sections }
}

function kindBy(value: string): ValueKind {
  if (/^(true|false)$/i.test(value)) return 'boolean'
  if (/^\d+$/.test(value)) return 'count'
  if (/^\d+\.\d+$/.test(value)) return 'decimal'
  return 'text'
}

/** A value of the configuration, else the default. @returns null when it is unset */
export function valueIn(
  config: Config,
  schema: IniSchema,
  section: string,
  name: string,
): string | null {
  const [inSection, option] = [section.toLowerCase(), name.toLowerCase()]
  return (
    config.get(inSection)?.get(option) ??
    schema.sections.get(inSection)?.options.get(option)?.default ??
    null
  )
}

/** All values that count, defaults included, in the order and the writing of io500. */
export function effectiveValues(
  config: Config,
  schema: IniSchema,
): { section: string; name: string; value: string | null; default: string | null }[] {
  return [...schema.sections.values()].flatMap(({ name: section, options }) =>
    [...options.values()].map(({ name, default: usual }) => ({
      section,
      name,
      value: valueIn(config, schema, section, name),
      default: usual,
    })),
  )
}
