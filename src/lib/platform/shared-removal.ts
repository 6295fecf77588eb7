import { lstat, opendir, rmdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { isErrno } from './errors.js'

/** Removal of a tree of millions of files by several processes at once, on one node or on many: each takes its share, told by the names. */

export interface RemovalShare {
  /** From 0. */
  index: number
  of: number
  /** Asked between any two files: true, and it goes no further. */
  isOver(): boolean
  /** Told after each file how many are gone. */
  onRemoved?(files: number): void
}

export interface Removed {
  /** Files that are gone because of us. */
  files: number
  /** Why some could not be removed, each reason once. */
  troubles: string[]
}

/** Of unlinks that are under way at once. */
const AT_ONCE = 16

/**
 * Removes this process' share of the files, and no folder: another process may still be reading it. Ask for share 0 of 1, or for
 * {@link removeFolders}, to remove those.
 */
export async function removeShare(root: string, share: RemovalShare): Promise<Removed> {
  const removed: Removed = { files: 0, troubles: [] }
  const isOurs = (name: string) => hashOf(name) % share.of === share.index
  const busy = new Set<Promise<void>>()
  for await (const { path, name, isFolder } of entriesBelow(root, removed.troubles)) {
    if (share.isOver()) break
    if (isFolder || !isOurs(name)) continue
    if (busy.size >= AT_ONCE) await Promise.race(busy)
    const one = unlink(path)
      .then(
        () => {
          removed.files++
          share.onRemoved?.(removed.files)
        },
        (error: unknown) => note(removed.troubles, error),
      )
      .finally(() => busy.delete(one))
    busy.add(one)
  }
  await Promise.all(busy)
  return removed
}

/** All that is left: empty folders, deepest first. @returns whether nothing is left */
export async function removeFolders(root: string): Promise<boolean> {
  const folders = [root]
  const troubles: string[] = []
  for await (const { path, isFolder } of entriesBelow(root, troubles))
    if (isFolder) folders.push(path)
  for (const folder of folders.reverse()) await rmdir(folder).catch(() => undefined)
  return lstat(root).then(
    () => false,
    (error: unknown) => isErrno(error, 'ENOENT'),
  )
}

/** How many files there are, counted up to `most`. */
export async function countFiles(root: string, most: number): Promise<number> {
  let files = 0
  for await (const { isFolder } of entriesBelow(root, [])) if (!isFolder && ++files >= most) break
  return files
}

interface Entry {
  path: string
  name: string
  isFolder: boolean
}

/** A folder comes before what is in it. Links are entries and are never followed. */
async function* entriesBelow(root: string, troubles: string[]): AsyncGenerator<Entry> {
  const folders = [root]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    try {
      for await (const entry of await opendir(folder, { bufferSize: 512 })) {
        const path = join(folder, entry.name)
        const isFolder = entry.isDirectory()
        if (isFolder) folders.push(path)
        yield { path, name: entry.name, isFolder }
      }
    } catch (error) {
      note(troubles, error)
    }
  }
}

function note(troubles: string[], error: unknown): void {
  if (isErrno(error, 'ENOENT')) return
  const { message } = error as Error
  const reason = message.split(',')[0]
  if (!troubles.includes(reason) && troubles.length < 10) troubles.push(reason)
}

/** FNV-1a: the same on every node. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++)
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0
  return hash
}
