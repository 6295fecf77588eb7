import { argumentOf, optionOf, phaseOf, type Facts } from './facts.js'

/** So much more than the rate seen would need: runs differ, and what is too much costs nothing, the stonewall ends the phase. */
const MARGIN = 2

/** Which option of the ini bounds a write phase, and what it must be at least to reach the stonewall at the rate that was seen. */
export function moreToWrite(facts: Facts, phase: string, seconds: number): string {
  const option = BOUNDS[phase]
  if (!option) return ''
  const { section, name, letter, fallback } = option
  const written =
    argumentOf(phaseOf(facts, phase), letter) ?? optionOf(facts.run, section, name) ?? null
  const now = written === null ? null : bytesOf(written)
  const plain = `Raise ${name} in [${section}]: the default, ${fallback}, is enough for any system.`
  if (now === null || !(seconds > 0)) return plain
  const least = (now * facts.requiredSeconds * MARGIN) / seconds
  const value = name === 'blockSize' ? blockSize(facts, least) : String(roundUp(least, 1))
  return `Raise ${name} in [${section}] from ${written} to at least ${value} (the default is ${fallback}; the stonewall ends the phase in time).`
}

const BOUNDS: Readonly<
  Record<string, { section: string; name: string; letter: string; fallback: string }>
> = {
  'ior-easy-write': {
    section: 'ior-easy',
    name: 'blockSize',
    letter: 'b',
    fallback: '9920000m',
  },
  'ior-hard-write': {
    section: 'ior-hard',
    name: 'segmentCount',
    letter: 's',
    fallback: '10000000',
  },
  'mdtest-easy-write': { section: 'mdtest-easy', name: 'n', letter: 'n', fallback: '1000000' },
  'mdtest-hard-write': { section: 'mdtest-hard', name: 'n', letter: 'n', fallback: '1000000' },
}

/** In whole MiB and a multiple of the transfer size, as IOR asks. */
function blockSize(facts: Facts, least: number): string {
  const record = phaseOf(facts, 'ior-easy-write')
  const transfer = bytesOf(
    argumentOf(record, 't') ?? optionOf(facts.run, 'ior-easy', 'transferSize') ?? '2m',
  )
  const step = transfer && transfer > 0 ? transfer : MIB
  const rounded = Math.ceil(roundUp(least, step) / step) * step
  return rounded % MIB === 0 ? `${rounded / MIB}m` : String(rounded)
}

/** To two digits that count, upwards. */
function roundUp(value: number, unit: number): number {
  const units = Math.max(1, value / unit)
  const digit = 10 ** Math.max(0, Math.floor(Math.log10(units)) - 1)
  return Math.ceil(units / digit) * digit * unit
}

const MIB = 1024 ** 2
const UNITS: Readonly<Record<string, number>> = { k: 1024, m: MIB, g: 1024 ** 3, t: 1024 ** 4 }

/** IOR's sizes: a number, with k, m, g or t behind it. */
function bytesOf(text: string): number | null {
  const found = /^(\d{1,18})([kmgt])?$/i.exec(text.trim())
  return found ? Number(found[1]) * (found[2] ? UNITS[found[2].toLowerCase()] : 1) : null
}
