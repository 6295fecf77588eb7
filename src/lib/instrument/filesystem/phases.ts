/**
 * The phases of IO500, in the order in which it runs them.
 * Sources: src/phase-definitions.h of IO500/io500 from isc20 to 2026-07, and the names that io-500-dev printed from 2017 to 2019.
 */

export type PhaseName =
  | 'ior-easy-write'
  | 'ior-rnd4K-write'
  | 'mdtest-easy-write'
  | 'ior-rnd1MB-write'
  | 'mdworkbench-create'
  | 'timestamp'
  | 'find-easy'
  | 'ior-hard-write'
  | 'mdtest-hard-write'
  | 'find'
  | 'ior-rnd4K-read'
  | 'ior-rnd1MB-read'
  | 'find-hard'
  | 'mdworkbench-bench'
  | 'ior-easy-read'
  | 'mdtest-easy-stat'
  | 'ior-hard-read'
  | 'mdtest-hard-stat'
  | 'mdworkbench-delete'
  | 'mdtest-easy-delete'
  | 'mdtest-hard-read'
  | 'mdtest-hard-delete'
  | 'ior-rnd4K-easy-read'

export type PhaseUnit = 'GiB/s' | 'kIOPS'
export type RunMode = 'standard' | 'extended'

export interface PhaseInfo {
  name: PhaseName
  unit: PhaseUnit
  /** A factor of the mean of its mode: of SCORE for the standard phases, of SCOREX for both. */
  scored: boolean
  /** `extended`: runs with `--mode=extended` only. */
  mode: RunMode
  /** Stops by the clock (`stonewall-time`), then lets every rank catch up with the fastest. */
  stonewalled: boolean
  /** A write phase that counts must last as long as the rules ask for (300 s; 30 s in a Student Cluster Competition). */
  hasMinimum: boolean
}

export const PHASES: readonly PhaseInfo[] = [
  phase('ior-easy-write', 'GiB/s', 'write'),
  phase('ior-rnd4K-write', 'GiB/s', 'extended write'),
  phase('mdtest-easy-write', 'kIOPS', 'write'),
  phase('ior-rnd1MB-write', 'GiB/s', 'extended write'),
  phase('mdworkbench-create', 'kIOPS', 'extended unscored'),
  phase('timestamp', 'kIOPS', 'unscored'),
  phase('find-easy', 'kIOPS', 'extended'),
  phase('ior-hard-write', 'GiB/s', 'write'),
  phase('mdtest-hard-write', 'kIOPS', 'write'),
  phase('find', 'kIOPS'),
  phase('ior-rnd4K-read', 'GiB/s', 'extended'),
  phase('ior-rnd1MB-read', 'GiB/s', 'extended'),
  phase('find-hard', 'kIOPS', 'extended'),
  phase('mdworkbench-bench', 'kIOPS', 'extended'),
  phase('ior-easy-read', 'GiB/s'),
  phase('mdtest-easy-stat', 'kIOPS'),
  phase('ior-hard-read', 'GiB/s'),
  phase('mdtest-hard-stat', 'kIOPS'),
  phase('mdworkbench-delete', 'kIOPS', 'extended unscored'),
  phase('mdtest-easy-delete', 'kIOPS'),
  phase('mdtest-hard-read', 'kIOPS'),
  phase('mdtest-hard-delete', 'kIOPS'),
  phase('ior-rnd4K-easy-read', 'GiB/s', 'unscored stonewalled'),
]

/** The twelve whose means are SCORE. */
export const SCORED_PHASES: readonly PhaseInfo[] = PHASES.filter(
  ({ scored, mode }) => scored && mode === 'standard',
)

const BY_NAME: ReadonlyMap<string, PhaseInfo> = new Map(PHASES.map((info) => [info.name, info]))

export function phaseInfo(name: string): PhaseInfo | undefined {
  return BY_NAME.get(name)
}

/** The name of today for one of any generation (`ior_easy_write`, `mdt_easy_write`); null where it is no phase that we know. */
export function phaseNamed(written: string): PhaseName | null {
  const name = written.replaceAll('_', '-').replace(/^mdt-/, 'mdtest-')
  return BY_NAME.get(name)?.name ?? null
}

/** What IO500 prints after the value of a phase, known to us or not: a name with an `i` at its front is bandwidth. */
export function unitOf(phaseName: string): PhaseUnit {
  return phaseName.startsWith('i') ? 'GiB/s' : 'kIOPS'
}

function phase(name: PhaseName, unit: PhaseUnit, traits = ''): PhaseInfo {
  const isWrite = traits.includes('write')
  return {
    name,
    unit,
    scored: !traits.includes('unscored'),
    mode: traits.includes('extended') ? 'extended' : 'standard',
    stonewalled: isWrite || traits.includes('stonewalled'),
    hasMinimum: isWrite,
  }
}
