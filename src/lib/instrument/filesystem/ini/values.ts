import { nearest } from '../../../platform/nearest.js'
import { BACK_ENDS, backEndOf } from './apis.js'
import type { IniOption, IniProblem, Severity } from './ini.js'
import type { SchemaOption } from './schema.js'
import { iorBytes, iorSizeText, isWholeSize } from './sizes.js'

type Finding = Pick<IniProblem, 'code' | 'text' | 'fix'> & { severity?: Severity }

/** What only the binary tells. */
export interface IniFacts {
  /** The back ends that it was built with; null when it does not say. */
  apis?: readonly string[] | null
  nodes?: number
  procs?: number
}

/** One value by itself. @returns undefined when nothing is wrong with it */
export function checkValue(
  option: IniOption,
  known: SchemaOption,
  facts: IniFacts,
): IniProblem | undefined {
  const finding = cutOff(option, known) ?? findingIn(option.value, known, facts)
  if (finding === undefined) return undefined
  const { line, section } = option
  return { line, section, option: known.name, severity: 'error', ...finding }
}

function findingIn(value: string, known: SchemaOption, facts: IniFacts): Finding | undefined {
  switch (known.kind) {
    case 'boolean':
      return checkBoolean(value, known)
    case 'integer':
    case 'count':
      return checkWhole(value, known)
    case 'decimal':
      return checkDecimal(value, known)
    case 'size':
      return checkSize(value, known)
    case 'api':
      return checkApi(value, known, facts)
    case 'path':
      return checkPath(value, known)
    case 'command':
      return undefined
    case 'text':
      return checkWord(value, known)
  }
}

/** A quote that is open when the comment begins: the comment was meant as a part of the value. */
function cutOff({ value, comment }: IniOption, { name }: SchemaOption): Finding | undefined {
  if (comment === null) return undefined
  const isOpen = ['"', "'"].some((quote) => (value.split(quote).length - 1) % 2 === 1)
  if (!isOpen) return undefined
  return {
    code: 'value-cut',
    text: `${name} ends at the "${comment[0]}", where a comment begins: io500 takes ${value}`,
    fix:
      comment[0] === ';'
        ? 'write && for ;, or put the commands into a script and name that'
        : 'put the command into a script and name that',
  }
}

const YES = ['yes', 'on', 'y', 't', 'enable', 'enabled']
const NO = ['no', 'off', 'n', 'f', 'disable', 'disabled']

function checkBoolean(value: string, { name }: SchemaOption): Finding | undefined {
  if (/^(true|false|1|0)$/i.test(value)) return undefined
  const word = value.toLowerCase()
  const meant = YES.includes(word) ? 'TRUE' : NO.includes(word) ? 'FALSE' : undefined
  return {
    code: 'no-boolean',
    text: `${name} is TRUE or FALSE, not "${value}"`,
    fix: meant === undefined ? 'write TRUE or FALSE' : `${name} = ${meant}`,
  }
}

/** What io500 keeps in an int or reads through one. Source: src/ini-parse.c and the tables of its phases. */
const LARGEST_INT = 2n ** 31n - 1n
const LARGEST = 2n ** 63n - 1n
const KEPT_IN_INT = ['nproc', 'verbosity']

function checkWhole(
  value: string,
  { name, kind, default: usual }: SchemaOption,
): Finding | undefined {
  const [, digits, unit = ''] = /^(-?\d+)\s*([kmgtp]?i?b?)$/i.exec(value) ?? []
  const example = usual ?? '1'
  if (digits === undefined || (kind === 'count' && digits.startsWith('-')))
    return {
      code: 'no-integer',
      text: `${name} is a whole number${kind === 'count' ? ' from 0 on' : ''}, not "${value}"`,
      fix: `write a number such as ${name} = ${example}`,
    }
  if (unit !== '') {
    const bytes = String(iorBytes(value))
    return {
      code: 'unit-on-integer',
      text: `${name} takes a whole number without a unit, not "${value}"; only sizes of IOR take one`,
      fix: `${name} = ${name === 'blockSize' ? bytes : thousands(digits, unit)}`,
    }
  }
  const limit = kind === 'integer' || KEPT_IN_INT.includes(name) ? LARGEST_INT : LARGEST
  if (BigInt(digits) <= limit) return undefined
  return {
    code: 'integer-too-large',
    text: `${name} = ${value} is more than io500 can keep (${limit})`,
    fix: `${name} = ${limit}, or less`,
  }
}

/** Files are counted in thousands. */
function thousands(digits: string, unit: string): string {
  const power = { k: 3, m: 6, g: 9, t: 12, p: 15 }[unit[0].toLowerCase()] ?? 0
  return digits + '0'.repeat(power)
}

function checkDecimal(value: string, { name }: SchemaOption): Finding | undefined {
  if (/^[0-9e.+-]+$/.test(value) && Number.isFinite(Number(value))) return undefined
  return {
    code: 'no-number',
    text: `${name} is a number, not "${value}"`,
    fix: `write a number such as ${name} = 0.5`,
  }
}

function checkSize(value: string, { name }: SchemaOption): Finding | undefined {
  const bytes = iorBytes(value)
  if (bytes === undefined)
    return {
      code: 'no-size',
      text: `${name} is a size such as 2m or 32g, not "${value}"`,
      fix: `write a size such as ${name} = 2m`,
    }
  if (bytes <= 0n)
    return {
      code: 'no-size',
      text: `${name} must be more than 0, not "${value}"`,
      fix: `write a size such as ${name} = 2m`,
    }
  if (isWholeSize(value)) return undefined
  if (/^\d+ ?[kmgtp]i?b(ytes)?$/i.test(value))
    return {
      code: 'odd-size',
      severity: 'doubt',
      text: `IOR reads "${value}" as ${iorSizeText(bytes)}: in powers of 1024, whatever follows the letter`,
      fix: `${name} = ${iorSizeText(bytes)}`,
    }
  const exact = exactSize(value)
  return {
    code: 'odd-size',
    text: `IOR reads "${value}" as ${bytes} bytes: whole numbers only, and the first letter behind them`,
    fix: exact === undefined ? `write a size such as ${name} = 2m` : `${name} = ${exact}`,
  }
}

/** `1.5g` → `1536m` */
function exactSize(value: string): string | undefined {
  const [, whole, fraction, letter] = /^(\d+)\.(\d{1,6})\s*([kmgtp])/i.exec(value) ?? []
  if (letter === undefined) return undefined
  const scale = 10n ** BigInt(fraction.length)
  const scaled = BigInt(whole + fraction) * (iorBytes(`1${letter}`) ?? 1n)
  return scaled % scale === 0n ? iorSizeText(scaled / scale) : undefined
}

function checkApi(value: string, { name }: SchemaOption, { apis }: IniFacts): Finding | undefined {
  const backEnd = backEndOf(value)
  const isIn = (some: readonly string[]) =>
    some.some((one) => one.toLowerCase() === backEnd.toLowerCase())
  if (backEnd.startsWith('-'))
    return {
      code: 'api-without-name',
      text: `${name} begins with the back end: io500 takes "${backEnd}" for its name`,
      fix: `${name} = POSIX ${value}`,
    }
  if (isIn(apis ?? [])) return undefined
  if (!isIn(BACK_ENDS)) {
    const close = nearest(backEnd, apis ?? BACK_ENDS)
    return {
      code: 'api-unknown',
      text: `IOR has no back end "${backEnd}": io500 would crash without a message`,
      fix:
        close === undefined ? `use one of ${(apis ?? BACK_ENDS).join(', ')}` : `${name} = ${close}`,
    }
  }
  if (apis)
    return {
      code: 'api-not-built-in',
      text: `this io500 was built without ${backEnd}, and would crash without a message`,
      fix: `use one of ${apis.join(', ')}, or an io500 with ${backEnd}`,
    }
  // Every build has these two.
  if (/^(POSIX|DUMMY)$/i.test(backEnd)) return undefined
  return {
    code: 'api-perhaps-not-built-in',
    severity: 'doubt',
    text: `an io500 that was built without ${backEnd} crashes without a message`,
    fix: 'look with ior -h whether it is there',
  }
}

function checkPath(value: string, { name }: SchemaOption): Finding | undefined {
  if (/^["']/.test(value))
    return {
      code: 'quoted-path',
      text: `${name}: quotes are a part of the path for io500`,
      fix: `${name} = ${value.replaceAll(/^["']|["']$/g, '')}`,
    }
  if (value.startsWith('~') || /\$\{?\w/.test(value))
    return {
      code: 'path-not-expanded',
      text: `${name}: io500 does not expand "${/^~|\$\{?\w+\}?/.exec(value)?.[0]}", and makes a directory of that name`,
      fix: 'write the path out',
    }
  return undefined
}

const PACKETS = ['timestamp', 'offset', 'incompressible', 'random']

function checkWord(value: string, { name }: SchemaOption): Finding | undefined {
  if (name !== 'dataPacketType' || PACKETS.includes(value)) return undefined
  const close = nearest(value, PACKETS)
  return {
    code: 'no-choice',
    text: `${name} is one of ${PACKETS.join(', ')}, not "${value}"`,
    fix: close === undefined ? `${name} = timestamp` : `${name} = ${close}`,
  }
}
