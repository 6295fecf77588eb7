import { constants, type Stats } from 'node:fs'
import { open, readdir, type FileHandle } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isErrno } from './errors.js'

const CHUNK_BYTES = 256 * 1024

/** A file or folder that could not be read, or that did not stay the same while it was. */
export interface Trouble {
  file: string
  /** `permission denied`, `grew while it was read: its start is kept`. */
  why: string
}

export interface FoundFile {
  path: string
  /** Beginning with the root's own name. */
  name: string
}

/** All regular files in a folder, by name; links, sockets and pipes are left out. A folder that can't be read is named and passed over. */
export async function* filesBelow(
  folder: string,
  exclude: readonly string[],
  troubles: Trouble[],
  name = basename(folder),
): AsyncGenerator<FoundFile> {
  const isLeftOut = matcher(exclude)
  let entries
  try {
    entries = await readdir(folder, { withFileTypes: true })
  } catch (error) {
    troubles.push({ file: name, why: reasonOf(error) })
    return
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (isLeftOut(entry.name)) continue
    const found = { path: join(folder, entry.name), name: `${name}/${entry.name}` }
    if (entry.isDirectory()) yield* filesBelow(found.path, exclude, troubles, found.name)
    else if (entry.isFile()) yield found
  }
}

function matcher(patterns: readonly string[]): (name: string) => boolean {
  const escaped = patterns.map((pattern) =>
    pattern
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*'),
  )
  const expression = new RegExp(`^(${escaped.join('|')})$`, 's')
  return (name) => expression.test(name)
}

/**
 * Opens a file and reads as much of it as it held then, never a link in its place. What happens to it meanwhile is told in `troubles`
 * and ends the reading, never with an error.
 * @returns undefined when it can't be opened
 */
export async function readWhatIsThere(
  { path, name }: FoundFile,
  troubles: Trouble[],
): Promise<{ chunks: AsyncIterable<Buffer>; modified: Date } | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const before = await file.stat()
    if (before.isFile())
      return {
        chunks: read(file, before, (why) => troubles.push({ file: name, why })),
        modified: before.mtime,
      }
    await file.close()
    troubles.push({ file: name, why: 'not a regular file any more' })
  } catch (error) {
    troubles.push({ file: name, why: reasonOf(error) })
  }
  return undefined
}

async function* read(
  file: FileHandle,
  before: Stats,
  tell: (why: string) => void,
): AsyncGenerator<Buffer> {
  let at = 0
  try {
    while (at < before.size) {
      const length = Math.min(CHUNK_BYTES, before.size - at)
      const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, at)
      if (bytesRead === 0) break
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
    const after = await file.stat()
    if (at < before.size) tell('became shorter while it was read')
    else if (after.size > before.size) tell('grew while it was read: its start is kept')
    else if (after.mtimeMs !== before.mtimeMs) tell('changed while it was read')
  } catch (error) {
    tell(`${reasonOf(error)}, after ${at} of ${before.size} bytes`)
  } finally {
    await file.close()
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'vanished before it was read',
  ENOTDIR: 'vanished before it was read',
  ESTALE: 'vanished before it was read',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'a link was put in its place',
  EIO: 'the disk can’t read it',
}

function reasonOf(error: unknown): string {
  return isErrno(error, ...Object.keys(REASONS)) ? REASONS[error.code!] : String(error)
}
