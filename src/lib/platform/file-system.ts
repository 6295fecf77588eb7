import { access, realpath, statfs } from 'node:fs/promises'
import { constants, readFileSync } from 'node:fs'

/** Name of the file system that a path is on, as mount(8) says it: `nfs4`, `lustre`, `fuse.sshfs`; null where the system does not say. */
export async function fileSystemOf(path: string): Promise<string | null> {
  const full = await realpath(path).catch(() => path)
  try {
    return mountOf(full, readFileSync('/proc/self/mounts', 'utf8'))
  } catch {
    return null
  }
}

/** The last mount of the longest matching folder is the one to be seen. Source: fstab(5); blanks and the like are written `\040`. */
export function mountOf(path: string, mounts: string): string | null {
  let best: { folder: string; type: string } | null = null
  for (const line of mounts.split('\n')) {
    const [, escaped, type] = line.split(' ')
    if (type === undefined) continue
    const folder = escaped.replaceAll(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(parseInt(octal, 8)),
    )
    const isAbove = folder === '/' || path === folder || path.startsWith(`${folder}/`)
    if (isAbove && folder.length >= (best?.folder.length ?? 0)) best = { folder, type }
  }
  return best?.type ?? null
}

/** What a file system says of itself to anybody. */
export interface FileSystemFacts {
  /** The kernel's number of its kind: statfs(2). */
  magic: number
  totalBytes: number
  /** For users without privileges. */
  freeBytes: number
  totalInodes: number
  freeInodes: number
}

/** Of the file system that a path is on. @throws the system's error: there is no such path, or it may not be entered */
export async function statFileSystem(path: string): Promise<FileSystemFacts> {
  const { type, bsize, blocks, bavail, files, ffree } = await statfs(path)
  return {
    magic: type,
    totalBytes: blocks * bsize,
    freeBytes: bavail * bsize,
    totalInodes: files,
    freeInodes: ffree,
  }
}

/** Its name without links on the way. @throws the system's error */
export function realPath(path: string): Promise<string> {
  return realpath(path)
}

/** Whether we may make files in a folder, as far as its permissions tell. */
export function canWriteIn(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
}
