import { realpath } from 'node:fs/promises'
import { readFileSync } from 'node:fs'

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
