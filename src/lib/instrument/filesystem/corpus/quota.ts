/** What one quota allows, and how much of it is used. Null: no limit. */
export interface Quota {
  usedBytes: number
  limitBytes: number | null
  usedInodes: number
  limitInodes: number | null
  /** Marked with `*`: over the soft or the hard limit already. */
  isOver: boolean
  /** A server did not answer: the use is at least what it says. */
  isPartial: boolean
}

/** used, soft limit, hard limit, grace: of space in KiB and of inodes. A use in brackets is not complete. */
const ROW = /(\[?\d+\]?\*?)\s+(\d+)k?\s+(\d+)k?\s+\S+\s+(\[?\d+\]?\*?)\s+(\d+)\s+(\d+)\s+\S+/

/**
 * Reads what `lfs quota -u|-g|-p WHO PATH` prints: the first row of figures, which may stand on a line below a long path. A soft limit counts
 * where there is no hard one. @returns undefined for anything else. Source: lfs-quota(1).
 */
export function parseQuota(stdout: string): Quota | undefined {
  const body = stdout.replaceAll(/^\s*(?:Disk quotas for|Filesystem\s).*$/gm, '')
  const [, ...cells] = ROW.exec(body) ?? []
  if (cells.length === 0) return undefined
  const [bytes, softBytes, hardBytes, files, softFiles, hardFiles] = cells
  const count = (cell: string) => Number(cell.replaceAll(/\D/g, ''))
  const limit = (hard: string, soft: string) => Number(hard) || Number(soft) || null
  const limitKiB = limit(hardBytes, softBytes)
  return {
    usedBytes: count(bytes) * 1024,
    limitBytes: limitKiB === null ? null : limitKiB * 1024,
    usedInodes: count(files),
    limitInodes: limit(hardFiles, softFiles),
    isOver: [bytes, files].some((cell) => cell.includes('*')),
    isPartial: [bytes, files].some((cell) => cell.includes('[')),
  }
}

/** The project that new files below a directory belong to: `lfs project -d DIR` prints `12345 P /dir`. Null: none. */
export function parseProject(stdout: string): string | null {
  const [, id] = /^\s*(\d+)\s+\S+\s/m.exec(stdout) ?? []
  return id === undefined || id === '0' ? null : id
}
