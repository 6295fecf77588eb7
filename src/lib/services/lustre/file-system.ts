import { fileSystemOf, statFileSystem, type FileSystemFacts } from '../../platform/file-system.js'

/** As statfs(2) says it, also where it is not the only file system of that name. Source: lustre_user.h, LL_SUPER_MAGIC. */
const LUSTRE_MAGIC = 0x0bd00bd0

export const isLustre = ({ magic }: Pick<FileSystemFacts, 'magic'>): boolean =>
  magic === LUSTRE_MAGIC

/** What a directory is on. */
export interface FileSystem extends FileSystemFacts {
  kind: 'lustre' | 'posix'
  /** As mount(8) says it: `lustre`, `ext4`; `unknown` where it does not. */
  name: string
}

/** @throws the system's error: there is no such directory, or it may not be entered */
export async function lookAtFileSystem(dir: string): Promise<FileSystem> {
  const facts = await statFileSystem(dir)
  const kind = isLustre(facts) ? 'lustre' : 'posix'
  const name = (await fileSystemOf(dir)) ?? 'unknown'
  return { ...facts, kind, name: kind === 'lustre' ? 'lustre' : name }
}

/** `Lustre`, or `a POSIX directory (ext4), not Lustre`. */
export function describeFileSystem({ kind, name }: Pick<FileSystem, 'kind' | 'name'>): string {
  return kind === 'lustre' ? 'Lustre' : `POSIX directory (${name}), not Lustre`
}
