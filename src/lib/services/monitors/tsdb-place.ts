import { dirname, join } from 'node:path'
import * as v from 'valibot'
import { EnvironmentError } from '../../platform/errors.js'
import { exists, readJsonIfThere } from '../../platform/files.js'
import { fileSystemOf, statFileSystem } from '../../platform/file-system.js'

/** Where Prometheus may keep its figures: on a disk of its own node, for its files are locked and mapped into memory. */

/** Numbers of file systems that several nodes share. Sources: statfs(2); Lustre's and BeeGFS's own headers. */
const SHARED: Readonly<Record<number, string>> = {
  0x6969: 'NFS',
  0x0bd00bd0: 'Lustre',
  0x47504653: 'GPFS',
  0x19830326: 'BeeGFS',
  0x00c36400: 'Ceph',
  0xff534d42: 'CIFS',
  0xfe534d42: 'SMB',
  0x517b: 'SMB',
  0x65735546: 'FUSE',
  0x6a656a63: 'OrangeFS',
}

export interface TsdbPlace {
  dir: string
  /** `ext4`, `lustre`; null where the system does not say. */
  fileSystem: string | null
  /** What it is called when several nodes share it; null on a node's own disk. */
  shared: string | null
  freeBytes: number
}

/**
 * What the folder, or the first one above it that is there, is on.
 * @param magicOf the number of a file system's kind
 * @throws the system's error
 */
export async function placeOfTsdb(
  dir: string,
  magicOf = async (path: string) => (await statFileSystem(path)).magic,
): Promise<TsdbPlace> {
  let there = dir
  while (!(await exists(there)) && dirname(there) !== there) there = dirname(there)
  const [magic, { freeBytes }, fileSystem] = await Promise.all([
    magicOf(there),
    statFileSystem(there),
    fileSystemOf(there),
  ])
  return { dir, fileSystem, shared: SHARED[magic >>> 0] ?? null, freeBytes }
}

/** @throws EnvironmentError */
export function refuseShared({ dir, shared }: TsdbPlace, isAllowed: boolean): void {
  if (shared === null || isAllowed) return
  throw new EnvironmentError(`${dir} is on ${shared}: a crash there can destroy the data`, {
    code: 'AIB_TSDB_SHARED',
    hints: [
      'aibench monitors start   # keeps them on the node’s own disk, and archives them at the end',
      `aibench monitors start --tsdb-dir ${dir} --allow-shared-tsdb`,
    ],
  })
}

const KeptSchema = v.object({ dir: v.string() })

/** Where a job keeps its figures, as it said in its run directory; undefined when it has not said it yet. */
export async function tsdbOf(runDir: string): Promise<string | undefined> {
  const read = v.safeParse(KeptSchema, await readJsonIfThere(join(runDir, 'tsdb.json')))
  return read.success ? read.output.dir : undefined
}
