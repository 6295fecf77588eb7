import { iorBytes } from '../ini/sizes.js'
import type { IniValues } from './contract.js'

/** How much a write phase may write at most, whatever the clock says: bytes of IOR, files of mdtest. */
export interface Bound {
  /** In the words of the ini: `[mdtest-easy] n`. */
  name: string
  amount: number
}

/** IOR's hard part: fixed by the rules. */
const HARD_TRANSFER_BYTES = 47_008

/** What io500 takes where an ini says nothing. Source: `io500 --list`, isc20 to 2026-07. */
const DEFAULTS = {
  blockSize: String(9_920_000 * 2 ** 20),
  segmentCount: '10000000',
  n: '1000000',
}

/** Of each write phase that runs; a phase that is switched off writes nothing. */
export function boundsOf(config: IniValues, tasks: number): ReadonlyMap<string, Bound> {
  const bound = (section: string, option: keyof typeof DEFAULTS, bytes: number) => {
    const written = config.get(section)?.get(option.toLowerCase()) ?? DEFAULTS[option]
    const amount = Number(iorBytes(written) ?? iorBytes(DEFAULTS[option])) * bytes * tasks
    return { name: `[${section}] ${option}`, amount: Math.max(0, amount) }
  }
  return new Map([
    ['ior-easy-write', bound('ior-easy', 'blockSize', 1)],
    ['ior-hard-write', bound('ior-hard', 'segmentCount', HARD_TRANSFER_BYTES)],
    ['mdtest-easy-write', bound('mdtest-easy', 'n', 1)],
    ['mdtest-hard-write', bound('mdtest-hard', 'n', 1)],
  ])
}

/** Both a phase and the part of the benchmark that it belongs to can be switched off: `[ior-easy] run`, `[ior-easy-read] run`. */
export function isOff(config: IniValues, phase: string): boolean {
  const [part] = /^(?:ior|mdtest)-(?:easy|hard)/.exec(phase) ?? []
  return [phase.toLowerCase(), part].some((section) => {
    const run = section === undefined ? undefined : config.get(section)?.get('run')
    return run !== undefined && /^(false|0)$/i.test(run)
  })
}

/** How long each write phase lasts at least. */
export function stonewallIn(config: IniValues): number {
  const seconds = Number(config.get('debug')?.get('stonewall-time') ?? NaN)
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 300
}
