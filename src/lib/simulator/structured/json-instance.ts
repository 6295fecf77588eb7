import { ConstraintRefused } from './pattern.js'
import { textOfRegex } from './regex.js'

type Schema = Record<string, unknown>

/** A required field that needs itself has no smallest instance. */
const DEEPEST = 64

const FORMATS: Readonly<Record<string, string>> = {
  date: '2026-01-01',
  time: '00:00:00Z',
  'date-time': '2026-01-01T00:00:00Z',
  duration: 'P1D',
  email: 'a@example.org',
  hostname: 'example.org',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.org/',
  uuid: '00000000-0000-4000-8000-000000000000',
}

/**
 * The smallest value that a JSON Schema accepts, of what such schemas usually say; conditions (`if`, `not`, `dependent…`) are not looked at.
 * @throws ConstraintRefused for a type that there isn't
 */
export function smallestInstance(schema: unknown): unknown {
  return new InstanceMaker(schema).make(schema, 0, 0)
}

class InstanceMaker {
  constructor(readonly root: unknown) {}

  /** @param nth makes values differ from each other, where all must be unique */
  make(given: unknown, nth: number, depth: number): unknown {
    if (depth > DEEPEST) throw new ConstraintRefused('The schema has no finite instance')
    const schema = this.#flat(given)
    if ('const' in schema) return schema.const
    if (Array.isArray(schema.enum)) return schema.enum[nth % schema.enum.length]
    switch (typeOf(schema)) {
      case 'object':
        return this.#object(schema, depth)
      case 'array':
        return this.#array(schema, depth)
      case 'string':
        return stringOf(schema, nth)
      case 'integer':
        return numberOf(schema, nth, 1)
      case 'number':
        return numberOf(schema, nth, 0)
      case 'boolean':
        return nth % 2 === 0
      case 'null':
        return null
      default:
        throw new ConstraintRefused(`Grammar error: Invalid type: ${String(schema.type)}`)
    }
  }

  #object(schema: Schema, depth: number): Schema {
    const properties = (schema.properties ?? {}) as Schema
    const names = new Set((schema.required ?? []) as string[])
    const least = Number(schema.minProperties ?? 0)
    for (const name of Object.keys(properties)) if (names.size < least) names.add(name)
    for (let n = 0; names.size < least; n++) names.add(`key${n}`)
    return Object.fromEntries(
      [...names].map((name, i) => [
        name,
        this.make(properties[name] ?? schema.additionalProperties ?? true, i, depth + 1),
      ]),
    )
  }

  #array(schema: Schema, depth: number): unknown[] {
    const first = (schema.prefixItems ?? []) as unknown[]
    const least = Number(schema.minItems ?? 0)
    const made = first.slice(0, Math.max(least, 0)).map((item, i) => this.make(item, i, depth + 1))
    if (schema.contains !== undefined) made.push(this.make(schema.contains, 0, depth + 1))
    while (made.length < least)
      made.push(this.make(schema.items ?? true, schema.uniqueItems ? made.length : 0, depth + 1))
    return made
  }

  /** References followed, `allOf` and the first of the alternatives taken in. */
  #flat(given: unknown): Schema {
    if (typeof given !== 'object' || given === null) return { type: 'object' }
    const { $ref, allOf, anyOf, oneOf, ...own } = given as Schema
    const choice = firstOf(anyOf) ?? firstOf(oneOf)
    const parts = [
      ...(typeof $ref === 'string' ? [this.#resolve($ref)] : []),
      ...(Array.isArray(allOf) ? allOf : []),
      ...(choice === undefined ? [] : [choice]),
    ]
    return parts.reduce<Schema>((all, part) => merged(all, this.#flat(part)), own)
  }

  #resolve(reference: string): unknown {
    const path = reference.replace(/^#\/?/, '').split('/').filter(Boolean)
    return path.reduce<unknown>((at, key) => {
      const next = (at as Schema | undefined)?.[key.replaceAll('~1', '/').replaceAll('~0', '~')]
      if (next === undefined) throw new ConstraintRefused(`Cannot find field ${reference}`)
      return next
    }, this.root)
  }
}

function firstOf(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined
}

function merged(a: Schema, b: Schema): Schema {
  return {
    ...a,
    ...b,
    ...(a.properties && b.properties ? { properties: { ...a.properties, ...b.properties } } : {}),
    ...(Array.isArray(a.required) && Array.isArray(b.required)
      ? { required: [...a.required, ...b.required] }
      : {}),
  }
}

function typeOf({ type, properties, items, prefixItems }: Schema): string {
  if (Array.isArray(type)) return String(type.find((one) => one !== 'null') ?? 'null')
  if (type !== undefined) return String(type)
  return !properties && (items || prefixItems) ? 'array' : 'object'
}

function stringOf({ pattern, format, minLength, maxLength }: Schema, nth: number): string {
  if (typeof pattern === 'string') return textOfRegex(pattern)
  if (typeof format === 'string' && FORMATS[format]) return FORMATS[format]
  const text = nth === 0 ? 'a' : `a${nth}`
  return text.padEnd(Number(minLength ?? 0), 'a').slice(0, Number(maxLength ?? Infinity))
}

function numberOf(schema: Schema, nth: number, grain: number): number {
  const step = Number(schema.multipleOf ?? (grain || 1))
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = schema
  const least = Number(minimum ?? exclusiveMinimum ?? Math.min(0, Number(maximum ?? 0)))
  let value = Math.ceil(least / step) * step
  if (exclusiveMinimum !== undefined && value <= Number(exclusiveMinimum)) value += step
  if (exclusiveMaximum !== undefined && value >= Number(exclusiveMaximum))
    value =
      grain === 0 && exclusiveMinimum !== undefined
        ? (Number(exclusiveMinimum) + Number(exclusiveMaximum)) / 2
        : Number(exclusiveMaximum) - step
  return value + nth * step
}
