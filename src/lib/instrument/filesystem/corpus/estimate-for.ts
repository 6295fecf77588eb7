import type {
  Check,
  EstimateAsk,
  EstimateReport,
  FileSystemClass,
  Fits,
  Range,
} from './contract.js'
import { estimate } from './estimate.js'
import { roomBelow, type Room, type Runner } from './room.js'

export interface EstimateForAsk extends EstimateAsk {
  /** Where the files would go; null: nothing is asked of any file system. */
  dir: string | null
  /** What the job may last: `time limit`, `QoS short`. */
  limits?: readonly { what: string; seconds: number }[]
}

/** What a run will write and how long it will take, against what there is. Asks the file system and its quotas, for some seconds at most. */
export async function estimateFor(ask: EstimateForAsk, runner: Runner): Promise<EstimateReport> {
  const room = ask.dir === null ? null : await roomBelow(ask.dir, runner)
  const type = room?.type ?? null
  const fileSystem = ask.fileSystem ?? classOf(type)
  const foretold = await estimate({ ...ask, fileSystem })
  const checks = [
    ...(room ? roomChecks(room, foretold.bytes, foretold.inodes) : []),
    ...(ask.limits ?? []).map(({ what, seconds }) =>
      check(what, 'seconds', foretold.wallSeconds, seconds),
    ),
  ]
  return { ...foretold, dir: ask.dir, type, fileSystem, checks, fits: allOf(checks) }
}

const LOCAL = /^(?:ext[234]|ext2\/ext3|xfs|btrfs|zfs|f2fs|tmpfs|ramfs|overlayfs|apfs|hfs)$/

function classOf(type: string | null): FileSystemClass {
  if (type === null || type === 'lustre') return 'lustre'
  return LOCAL.test(type) ? 'local' : 'other'
}

function roomChecks(room: Room, bytes: Range, inodes: Range): Check[] {
  const quotas = [...room.quotas].flatMap(([name, quota]) => [
    ...checkOfQuota(`${name}, space`, 'bytes', bytes, quota.usedBytes, quota.limitBytes),
    ...checkOfQuota(`${name}, files`, 'inodes', inodes, quota.usedInodes, quota.limitInodes),
  ])
  return [
    check('space', 'bytes', bytes, room.freeBytes),
    check('files', 'inodes', inodes, room.freeInodes),
    ...quotas,
  ]
}

/** No line for a quota without a limit. */
function checkOfQuota(
  what: string,
  unit: Check['unit'],
  needed: Range,
  used: number,
  limit: number | null,
): Check[] {
  return limit === null ? [] : [check(what, unit, needed, Math.max(0, limit - used))]
}

function check(what: string, unit: Check['unit'], needed: Range, available: number | null): Check {
  return { what, unit, needed, available, fits: fitsIn(needed, available) }
}

function fitsIn({ p10, p90 }: Range, available: number | null): Fits {
  if (available === null) return null
  return p90 <= available ? 'yes' : p10 <= available ? 'maybe' : 'no'
}

function allOf(checks: readonly Check[]): EstimateReport['fits'] {
  const all = checks.map(({ fits }) => fits)
  return all.includes('no') ? 'no' : all.includes('maybe') ? 'maybe' : 'yes'
}
